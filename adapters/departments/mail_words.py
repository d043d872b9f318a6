"""What a department's employee reads about a handover: subject and body, in Dutch."""

from __future__ import annotations

import textwrap
from zoneinfo import ZoneInfo

from adapters.departments.letter_words import letter_facts
from adapters.departments.plain_text import one_line, some_lines
from inbox.channel import Channel
from inbox.confidentiality import NAMES_NO_MATTER_FROM
from inbox.configuration.rule import Priority
from inbox.handover import (
    ENVELOPE_ONLY,
    IS_A_COPY,
    IS_ANOTHERS,
    IS_NOT_HANDLED,
    WAS_SPOKEN_TO,
    Handover,
    HandoverKind,
)
from inbox.item import ForwardRole
from inbox.norms.promise import date_words
from inbox.receipt import DATE_STAMP

_ZONE = ZoneInfo("Europe/Amsterdam")
_CHANNELS = {
    Channel.email: "e-mail",
    Channel.post: "post",
    Channel.phone: "telefoon",
    Channel.web: "website",
    Channel.desk: "balie",
    Channel.app: "app",
    Channel.area_table: "gebiedstafel",
}
_PRIORITIES = {Priority.low: "laag", Priority.normal: "normaal", Priority.high: "hoog"}
_LANGUAGES = {"en": "Engels", "de": "Duits", "fr": "Frans", "pl": "Pools", "tr": "Turks", "ar": "Arabisch"}
_LABELS = {
    "automatic": "verstuurd door een machine",
    "web_form": "ingevuld op een formulier van onze website",
    "sender_claimed": "wie het schreef, staat alleen in de doorgestuurde tekst: controleer dat voordat u antwoordt",
    "sender_refuted": "de afzender is waarschijnlijk vervalst: controleer eerst wie het schreef",
    "sealed": "versleuteld of verzegeld, de woorden konden wij niet lezen",
    "untrue_media_type": "een bijlage is een programma en doet zich anders voor, open die niet",
    "attachment_locked": "een bijlage vraagt een wachtwoord",
    "attached_scan_poor": "in een bijgevoegde foto of scan vonden wij geen leesbare tekst: kijk zelf",
    "attached_scan_unread": "een bijgevoegde foto of scan konden wij niet lezen: kijk zelf",
    ENVELOPE_ONLY: "een dichte envelop: wij hebben de inhoud niet gelezen",
    "stamp_unsure": "de datumstempel konden wij niet zeker lezen: kijk zelf wanneer de brief binnenkwam",
}
_ABOUT_ANOTHER = {
    "passed_on_by": "doorgestuurd door collega",
    "may_belong_to": "hoort misschien bij",
    "same_message_id": "draagt hetzelfde Message-ID, met andere woorden, als",
}
"""Labels that end in another item's reference, or in an address."""

# Limits of what strangers wrote; the original has it all.
_LINE = 200
_EXCERPT = 1000
_PARTS = 20
_RECIPIENTS = 10
_LABEL_COUNT = 20
_LONGEST_ADDRESS = 254
_QUOTE_WIDTH = 74

_KILOBYTE = 1000
_MEGABYTE = 1_000_000


def subject(handover: Handover) -> str:
    """Return the subject: one line that names the matter only where the confidentiality allows it."""
    return one_line(f"[{handover.reference}] {_subject(handover)}", _LINE)


def body(handover: Handover, original_name: str, scan_name: str = "") -> str:
    """Return the text of the mail. The names: of the files in which the original and the scan file go along."""
    if handover.kind is HandoverKind.withdrawal:
        paragraphs = [_withdrawn(handover)]
    else:
        paragraphs = [_opening(handover), _facts(handover), _how_to_answer(handover), _quote(handover)]
        paragraphs += [_parts(handover), _where_it_is(handover, original_name, scan_name)]
    paragraphs.append(f"Nummer in de inbox: {one_line(handover.item_id, _LINE)}")
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph) + "\n"


def _subject(handover: Handover) -> str:
    if handover.kind is HandoverKind.withdrawal:
        return "Ingetrokken: niet meer voor u"
    is_informed = handover.role is ForwardRole.informed
    about = "" if handover.confidentiality >= NAMES_NO_MATTER_FROM else f": {handover.category_name}"
    if handover.kind is HandoverKind.addition:
        lead = f"Aanvulling op {_added_to(handover)}"
        return f"Ter informatie: {lead[0].lower()}{lead[1:]}" if is_informed else lead
    if is_informed:
        return f"Ter informatie{about}"
    return f"Nieuw{about}" if about else "Nieuw bericht"


def _added_to(handover: Handover) -> str:
    return handover.adds_to or handover.reference


def _opening(handover: Handover) -> str:
    sentences = [_what_it_is(handover), _what_is_asked(handover)]
    if handover.round > 1:
        sentences.append(f"Het bericht is opnieuw toegewezen (ronde {handover.round}).")
    if handover.confidentiality >= NAMES_NO_MATTER_FROM:
        sentences.append("Het is vertrouwelijk: deel het alleen met wie het voor het werk nodig heeft.")
    return "\n".join(sentences)


def _what_it_is(handover: Handover) -> str:
    department = one_line(handover.department_name, _LINE)
    if handover.kind is HandoverKind.addition:
        return f"Er is een aanvulling op {_added_to(handover)}, voor {department}."
    if ENVELOPE_ONLY in handover.labels:
        return f"Er is een dichte envelop voor {department}."
    return f"Er is een nieuw bericht voor {department}."


def _what_is_asked(handover: Handover) -> str:
    if handover.role is ForwardRole.informed:
        department = one_line(handover.department_name, _LINE)
        return f"U krijgt dit ter informatie, u hoeft niets te doen: {department} handelt het af."
    if handover.kind is HandoverKind.addition:
        return "Neem de aanvulling mee in wat u al doet. De termijn verandert er niet door."
    if handover.promise is None:
        return "Wilt u het afhandelen? De afzender heeft van ons geen datum gehoord."
    return f"Wilt u het afhandelen? De afzender hoort uiterlijk {date_words(handover.promise.due_on)} van u."


def _facts(handover: Handover) -> str:
    facts = {
        "Waarover": one_line(handover.category_name, _LINE),
        "Kenmerk": handover.reference,
        "Van": _sender(handover),
        "Aan": _recipients(handover),
        "Onderwerp": one_line(handover.subject, _LINE) or "(geen onderwerp)",
        "Binnengekomen": f"via {_CHANNELS[handover.channel]}, {_received(handover)}",
        **letter_facts(handover.fields),
        **_call_back(handover),
        "Beloofd aan de afzender": _promised(handover),
        "Prioriteit": _PRIORITIES[handover.priority],
        "Vertrouwelijkheid": handover.confidentiality.name.replace("_", " "),
        "Taal": _language(handover),
        "Let op": ", ".join(_label(label) for label in handover.labels[:_LABEL_COUNT]),
    }
    return "\n".join(f"{name}: {value}" for name, value in facts.items() if value)


def _call_back(handover: Handover) -> dict[str, str]:
    """Return whom to call back, of an item that was made of calls."""
    if handover.channel is not Channel.phone:
        return {}
    said = {field.name: one_line(field.value, _LINE) for field in handover.fields}
    return {"Bel terug": said.get("phone", ""), "Wachtrij": said.get("queue", "")}


def _sender(handover: Handover) -> str:
    name, address = one_line(handover.sender.name, _LINE), one_line(handover.sender.address, _LONGEST_ADDRESS)
    if name and address:
        return f"{name} <{address}>"
    return name or address or "onbekend"


def _recipients(handover: Handover) -> str:
    shown = [one_line(address, 254) for address in handover.recipients[:_RECIPIENTS]]
    others = len(handover.recipients) - len(shown)
    return ", ".join(shown) + (f" en nog {others} andere" if others else "")


def _received(handover: Handover) -> str:
    at = handover.received_at.astimezone(_ZONE)
    if handover.received_basis == DATE_STAMP:
        return f"{date_words(at.date())} (datumstempel)"
    return f"{date_words(at.date())} om {at:%H:%M} uur"


def _promised(handover: Handover) -> str:
    if handover.promise is None:
        return "geen datum"
    return f"een reactie uiterlijk {date_words(handover.promise.due_on)} ({handover.promise.words})"


def _language(handover: Handover) -> str:
    language = one_line(handover.language, 10)
    return "" if language in {"", "nl"} else _LANGUAGES.get(language, language)


def _label(label: str) -> str:
    kind, _, reference = label.partition(" ")
    if kind == "addressed_to" and reference:
        return f"gericht aan {one_line(reference, 60)}"
    if kind in _ABOUT_ANOTHER and reference:
        return f"{_ABOUT_ANOTHER[kind]} {one_line(reference, _LONGEST_ADDRESS)}"
    return _LABELS.get(label, one_line(label, 100))


def _how_to_answer(handover: Handover) -> str:
    if handover.role is ForwardRole.informed:
        return ""
    if "sender_refuted" in handover.labels:
        return (
            "Antwoord niet op het adres in het bericht: het is waarschijnlijk niet van wie het lijkt. "
            f"Weet u wie het schreef? Noem dan het kenmerk {handover.reference}."
        )
    if _call_back(handover).get("Bel terug"):
        return "Bel de beller terug. Beantwoord niet deze mail: de beller krijgt uw antwoord dan niet."
    address = one_line(handover.sender.address, _LONGEST_ADDRESS)
    to_whom = f"rechtstreeks, op {address}," if address else "rechtstreeks"
    return (
        f"Antwoord de afzender {to_whom} en noem het kenmerk {handover.reference}.\n"
        "Beantwoord niet deze mail: de afzender krijgt uw antwoord dan niet."
    )


def _quote(handover: Handover) -> str:
    excerpt = some_lines(handover.excerpt, _EXCERPT)
    if not excerpt:
        return ""
    lines = [piece for line in excerpt.split("\n") for piece in _wrapped(line)]
    lead = "Op de envelop staat:" if ENVELOPE_ONLY in handover.labels else "Het bericht begint zo:"
    return "\n".join([lead, *(f"> {line}".rstrip() for line in lines)])


def _wrapped(line: str) -> list[str]:
    # Each line has its own mark, so that nothing in the excerpt can pass for our words.
    return textwrap.wrap(line, _QUOTE_WIDTH, break_on_hyphens=False) or [""]


def _where_it_is(handover: Handover, original_name: str, scan_name: str) -> str:
    if ENVELOPE_ONLY in handover.labels:
        sentence = f"De scan van de envelop zit in de bijlage {original_name}. De envelop zelf ligt bij de postkamer."
    else:
        sentence = f"Het hele bericht zit in de bijlage {original_name}."
    return f"{sentence}\nDe scan zoals die binnenkwam, zit in de bijlage {scan_name}." if scan_name else sentence


def _parts(handover: Handover) -> str:
    if not handover.parts:
        return ""
    lines = [f"Bijlagen bij het bericht ({len(handover.parts)}):"]
    lines += [f"- {one_line(part.name, _LINE)} ({_size(part.size_bytes)})" for part in handover.parts[:_PARTS]]
    if len(handover.parts) > _PARTS:
        lines.append(f"- en nog {len(handover.parts) - _PARTS} andere")
    return "\n".join(lines)


def _size(size_bytes: int) -> str:
    if size_bytes < _KILOBYTE:
        return f"{size_bytes} bytes"
    if size_bytes < _MEGABYTE:
        return f"{size_bytes // _KILOBYTE} kB"
    return f"{size_bytes / _MEGABYTE:.1f} MB".replace(".", ",")


_REASONS = {
    IS_ANOTHERS: "het hoort bij een andere afdeling.",
    IS_A_COPY: "het is hetzelfde bericht als een ander dat wij al hebben.",
    IS_NOT_HANDLED: "het hoeft niet te worden behandeld.",
    WAS_SPOKEN_TO: "de beller is intussen gesproken: terugbellen hoeft niet meer.",
}


def _withdrawn(handover: Handover) -> str:
    reason = _REASONS.get(handover.reason) or some_lines(handover.reason, _EXCERPT)
    lines = [f"Wij stuurden u een bericht met het kenmerk {handover.reference}. Dat is niet meer voor u."]
    lines += [f"Reden: {reason}"] if reason else []
    lines += ["", "U hoeft er niets meer mee te doen. Verwijder de eerdere mail, als u die hebt gekregen."]
    return "\n".join(lines)
