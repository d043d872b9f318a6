"""A small town's configuration, for tests."""

SMALL_TOWN = """
organisation:
  name: Gemeente Proefstad
  phone: 14 099
  website: https://www.gemeente.test
  own_domains: [gemeente.test]
departments:
  kcc:
    name: Klantcontactcentrum
    acting: {kind: mailbox, address: kcc@afdeling.test, up_to: vertrouwelijk}
  vergunningen:
    name: Vergunningen
    acting: {kind: mailbox, address: vergunningen@afdeling.test}
    informed:
      - {kind: folder, path: FOLDER/archief}
  juridisch:
    name: Juridische zaken
    acting: {kind: folder, path: FOLDER/juridisch, up_to: vertrouwelijk}
categories:
  triage:
    name: uw bericht
    department: kcc
    answer: dated
    norm: {within: 2, unit: working_days}
    text: triage
  vergunning:
    name: een vergunning
    department: vergunningen
    answer: dated
    norm: {within: 8, unit: weeks}
  lantaarn:
    name: een kapotte lantaarn
    department: kcc
    answer: dated
    norm: {within: 5, unit: working_days}
  bezwaar:
    name: uw bezwaar
    department: juridisch
    answer: receipt_only
    statutory: true
    confidentiality: vertrouwelijk
  intern:
    name: een interne mededeling
    department: kcc
    answer: none
texts:
  dated:
    subject: "Wij hebben uw bericht ontvangen ({reference})"
    body: |
      Geachte heer of mevrouw,

      Wij hebben uw bericht over {matter} ontvangen op {received_on}.
      De afdeling {department} antwoordt u uiterlijk {date} ({term}).
      Uw kenmerk is {reference}.

      {organisation}
  receipt_only:
    subject: "Wij hebben uw bericht ontvangen ({reference})"
    body: |
      Wij hebben uw bericht over {matter} ontvangen op {received_on}. Uw kenmerk is {reference}.

      {organisation}
  triage:
    subject: "Wij hebben uw bericht ontvangen ({reference})"
    body: |
      Uiterlijk {date} hoort u wie uw bericht behandelt. Uw kenmerk is {reference}.

      {organisation}
  looked_at:
    subject: "Wij hebben uw bericht ontvangen ({reference})"
    body: |
      Een medewerker bekijkt uw bericht. Uw kenmerk is {reference}.
  correction:
    subject: "Een nieuwe datum voor uw bericht ({reference})"
    body: |
      U krijgt uiterlijk {date} antwoord van {department}. Uw kenmerk is {reference}.
  limit_reached:
    body: |
      Voor uw volgende berichten krijgt u vandaag geen aparte bevestiging.
limits: {per_address: [], per_thread: []}
rules:
  - id: bezwaar
    when: {words: ["bezwaar*"]}
    category: bezwaar
  - id: nieuwsbrief
    when: {header: {list-unsubscribe: "*"}}
    file: nieuwsbrief
  - id: vergunning
    when: {words: ["vergunning*"]}
    category: vergunning
  - id: lantaarn
    when: {words: ["lantaarn*"]}
    category: lantaarn
  - id: intern
    when: {sender: ["@intern.test"]}
    category: intern
"""


def with_call_texts(document: str) -> str:
    """Return the configuration with text messages for whoever rang and was not answered."""
    texts = """texts:
  sms_call_back:
    body: "Wij zagen dat u belde. Wij bellen u terug, uiterlijk {date}. Kenmerk: {reference}. {organisation}"
  sms_call_seen:
    body: "Wij zagen dat u belde op {received_on}. Wij bellen u terug. Kenmerk: {reference}. {organisation}"
  sms_correction:
    body: "Het duurt langer dan wij dachten. U hoort uiterlijk {date} van ons. Kenmerk: {reference}. {organisation}"
"""
    return document.replace("texts:\n", texts, 1) + "sms: {acknowledges_calls: true}\n"


def with_sms(document: str) -> str:
    """Return the configuration with text messages for whoever wrote on paper."""
    texts = """texts:
  sms_dated:
    body: "Wij hebben uw brief ontvangen. U hoort uiterlijk {date} van ons. Kenmerk: {reference}. {organisation}"
  sms_receipt_only:
    body: "Wij hebben uw brief ontvangen op {received_on}. Kenmerk: {reference}. {organisation}"
  sms_correction:
    body: "Het duurt langer dan wij dachten. U hoort uiterlijk {date} van ons. Kenmerk: {reference}. {organisation}"
"""
    return document.replace("texts:\n", texts, 1) + "sms: {acknowledges_post: true}\n"


def with_flags(document: str) -> str:
    """Return the configuration with two flags, one of which has a text of its own, and the rules that raise them."""
    texts = """texts:
  in_nood:
    subject: "Wij hebben uw bericht ontvangen ({reference})"
    body: |
      Wij lezen uw bericht nu. Bent u in gevaar? Bel 112. Uw kenmerk is {reference}.
"""
    flags = """flags:
  acuut:
    name: acuut gevaar
    alerts: [piket@gemeente.test, crisis@gemeente.test]
    again_minutes: 5
    text: in_nood
  pers:
    name: vraag van de pers
    alerts: [woordvoerder@gemeente.test]
rules:
  - id: nood
    when: {words: ["doodmaken", "in gevaar"]}
    flag: acuut
  - id: pers
    when: {words: ["journalist*"]}
    flag: pers
"""
    return document.replace("texts:\n", texts, 1).replace("rules:\n", flags, 1)
