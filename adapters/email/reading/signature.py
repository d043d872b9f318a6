"""Closing lines, signatures, lines of devices and disclaimers, in Dutch, English, German and French."""

from __future__ import annotations

import re

_CLOSING = re.compile(
    r"[*_ ]{0,3}(?:"
    r"(?:met )?(?:de )?(?:vriendelijke|hartelijke|beleefde|warme|bezorgde|fijne|sportieve) (?:groet(?:en|jes)?|groeten?)"
    r"|met (?:vr(?:iendelijke)?\.? ?gr(?:oet(?:en)?)?\.?|groet(?:en)?)|m\.?v\.?g\.?|vr\.? ?gr\.?|gr\.?"
    r"|hoogachtend|de meeste hoogachting|groet(?:en|jes)?|met hoogachting"
    r"|(?:with )?(?:kind|best|warm|warmest|kindest) regards|regards|best wishes|all the best|many thanks and regards"
    r"|(?:yours )?(?:sincerely|faithfully|truly)(?: yours)?|cheers|rgds"
    r"|mit (?:freundlichen|freundlichem|besten|herzlichen|vielen) gr(?:ü|ue|u)(?:ß|ss)(?:en)?|m\.?f\.?g\.?"
    r"|(?:freundliche|viele|liebe|beste|herzliche) gr(?:ü|ue|u)(?:ß|ss)e|hochachtungsvoll"
    r"|(?:bien )?cordialement|bien à vous|sinc[èe]res salutations|(?:meilleures )?salutations(?: distingu[ée]es)?"
    r"|amicalement|respectueusement"
    r")(?:[,.*_ ]{1,4}(?:[\w.'\u2019-]{1,25}[ ,]{1,2}){0,3}[\w.'\u2019-]{1,25})?[,.! *_]{0,4}$",
    re.IGNORECASE,
)
_FORMAL_FRENCH = re.compile(r"(?:je vous prie d['\u2019]agr|veuillez (?:agr|recevoir))[^\n]{0,200}$", re.IGNORECASE)
_DELIMITER = re.compile(r"--\s?$")
"""RFC 3676 section 4.3; the space at the end is often lost."""

_DEVICE = re.compile(
    r"[<(*_ ]{0,3}(?:"
    r"(?:verzonden|verstuurd|gestuurd) (?:vanaf|vanuit|via|met|van) (?:mijn |een |de )?[^\n.?]{2,60}"
    r"|sent from (?:my |outlook|yahoo|mail for|samsung|proton|the )[^\n?]{0,60}|sent (?:via|with|from) [^\n.?]{2,40}"
    r"|von meinem [^\n.?]{2,40} gesendet|gesendet (?:mit|von|aus) [^\n.?]{2,60}"
    r"|envoy[ée] (?:de|depuis|à partir de|avec) [^\n.?]{2,60}"
    r"|(?:download|get) outlook (?:voor|for) [^\n]{2,40}|outlook (?:voor|für|pour) [^\n]{2,20}(?: downloaden| herunterladen)?"
    r"|t[ée]l[ée]chargez outlook [^\n]{2,30}|holen sie sich outlook [^\n]{2,30}"
    r")[.>)*_ ]{0,3}$",
    re.IGNORECASE,
)
_LEGAL = (
    r"(?:uitsluitend|alleen) (?:bestemd|bedoeld) voor",
    r"niet (?:de|een) (?:beoogde |bedoelde )?(?:geadresseerde|ontvanger)",
    r"niet voor u (?:bestemd|bedoeld)|abusievelijk|ten onrechte (?:hebt )?ontvangen|onjuist geadresseerd",
    r"vertrouwelijk(?:e)?\b",
    r"verzender|afzender (?:hiervan )?(?:direct |onmiddellijk )?(?:te informeren|op de hoogte)",
    r"(?:geen|niet) aansprakelijk|aansprakelijkheid|geen rechten (?:worden )?ontleend",
    r"openbaarmaking|vermenigvuldiging|verspreiding",
    r"intended (?:solely |only |exclusively )?for|intended recipient|addressee",
    r"(?:received|sent) (?:this|to you) (?:[\w-]{1,12} )?(?:in error|by mistake)|in error",
    r"confidential|privileged|confidentiel(?:le)?s?",
    r"notify the sender|delete (?:this|it)|disclosure|unauthori[sz]ed|liab(?:le|ility)",
    r"vertrauliche|rechtlich geschützte|nicht der (?:richtige|beabsichtigte) (?:adressat|empfänger)|irrtümlich",
    r"informieren sie bitte|bitte sofort den absender|unbefugte",
    r"exclusivement (?:destin|à l)|destinataire|par erreur|exp[ée]diteur",
)
_LEGALS = tuple(re.compile(pattern, re.IGNORECASE) for pattern in _LEGAL)
_ABOUT_MAIL = re.compile(
    r"\b(?:(?:dit|deze|dit e-?mail)[ -]?(?:e-?mail)?[ -]?(?:bericht|mail)|e-?mail|bericht|this (?:e-?mail|message|communication)"
    r"|diese (?:e-?mail|nachricht)|ce (?:message|courriel|mail)|cet e-?mail)",
    re.IGNORECASE,
)
_NOTE = re.compile(
    r"(?:disclaimer|proclaimer)\b[ :]*$"
    r"|(?:denk aan het milieu|print (?:dit bericht|deze (?:e-?)?mail) (?:alleen|niet)|bespaar papier"
    r"|(?:please )?(?:consider|think of) the environment|bitte denken sie an die umwelt|pensez à l['\u2019]environnement"
    r"|\[?(?:extern|external|let op|caution|warning|achtung|attention)\]?[ :!-]{0,4}[^\n]{0,40}"
    r"(?:van buiten (?:de|onze) organisatie|externe afzender|originated from outside|external sender"
    r"|outside (?:of )?(?:the|your) organi[sz]ation|externen absender))",
    re.IGNORECASE,
)
_LEGAL_PHRASES = 2
_LEGAL_LIMIT = 6_000

_PARAGRAPH = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")
_POSTSCRIPT = re.compile(r"(?:p\.?\s?s\.?|n\.?b\.?)(?=[ .:,])", re.IGNORECASE)
_SENTENCE = re.compile(r"[.?!…)][\"'\u2019\u201d]?$")
_SENTENCE_WORDS = 5
_CLOSING_LIMIT = 120


def unsigned(passage: str) -> str:
    """Return the passage without what stands under its words. Linear in its length."""
    kept: list[str] = []
    is_below = False
    for paragraph in _PARAGRAPH.split(passage):
        if _is_disclaimer(paragraph):
            continue
        lines = [line for line in paragraph.split("\n") if not _is_device(line)]
        if is_below:
            if _is_said(lines):
                kept.append("\n".join(lines))
            continue
        closing = next((at for at, line in enumerate(lines) if _is_closing(line)), None)
        if closing is not None:
            is_below = True
            lines = [*lines[:closing], *_postscript(lines[closing + 1 :])]
        if any(line.strip() for line in lines):
            kept.append("\n".join(lines).strip())
    return "\n\n".join(kept)


def _is_closing(line: str) -> bool:
    line = line.strip()
    if _DELIMITER.match(line):
        return True
    return len(line) <= _CLOSING_LIMIT and bool(_CLOSING.match(line) or _FORMAL_FRENCH.match(line))


def _is_device(line: str) -> bool:
    line = line.strip()
    return len(line) <= _CLOSING_LIMIT and _DEVICE.match(line) is not None


def _postscript(lines: list[str]) -> list[str]:
    start = next((at for at, line in enumerate(lines) if _POSTSCRIPT.match(line.strip())), None)
    return [] if start is None else lines[start:]


def _is_said(lines: list[str]) -> bool:
    """Say whether a paragraph below a signature is words to us: a postscript, or a sentence."""
    words = " ".join(" ".join(lines).split())
    if _POSTSCRIPT.match(words):
        return True
    return bool(_SENTENCE.search(words)) and words.count(" ") >= _SENTENCE_WORDS


def _is_disclaimer(paragraph: str) -> bool:
    words = " ".join(paragraph[:_LEGAL_LIMIT].split()).strip("*_ ")
    if len(words) <= _LEGAL_LIMIT and _NOTE.match(words):
        return True
    if not _ABOUT_MAIL.search(words):
        return False
    return sum(1 for legal in _LEGALS if legal.search(words)) >= _LEGAL_PHRASES
