"""Out-of-office notices by their words, in Dutch, English, German and French.

For mail whose header shows no machine. A person who is not answered is the worse mistake, so several signs must come
together: few words, no question, an absence in the first lines, something that only makes sense to a stranger who
wrote before (who to turn to, when the mail will be read), and the sign of an answer.
"""

from __future__ import annotations

import re

_LONGEST = 1_200
"""Characters. Notices are short; whoever writes more has something to say."""

_FIRST_LINES = 4
_QUOTED = re.compile(
    r"^(?:>|-{2,}\s?(?:oorspronkelijk|original|urspr|message d)|(?:van|from|von|de)\s?:|(?:op|on|am|le) .{5,120}"
    r"(?:schreef|wrote|schrieb|écrit).{0,80}:\s*$)",
    re.IGNORECASE | re.MULTILINE,
)

_SAYS_SO = re.compile(
    r"^(?:let op[:,!]? )?(?:"
    r"dit is een automatisch(?:e|(?: gegenereerde?))? (?:antwoord|bericht|reactie|afwezigheids\w+|e-?mail)"
    r"|this is an? (?:automat(?:ic|ed)|auto)[- ](?:generated )?(?:out[- ]of[- ]office )?(?:reply|response|message|e-?mail)"
    r"|dies ist eine automatisch(?:e|(?: generierte| erstellte)) (?:antwort|nachricht|e-?mail|abwesenheits\w+)"
    r"|ceci est une? (?:réponse|message) automatique"
    r")\s*(?:$|[.!,;:(\u2013-])",
    re.IGNORECASE | re.MULTILINE,
)  # fmt: skip

_ABSENT = re.compile(
    r"\b(?:ik ben|ben ik|wij zijn|zijn wij|ons kantoor is)\b.{0,80}\b(?:afwezig|gesloten|niet (?:aanwezig|op kantoor"
    r"|bereikbaar|in de gelegenheid)|buiten kantoor|(?:op|met) (?:vakantie|\w*verlof))"
    r"|\b(?:i am|i'm|i will be|i'll be|we are|our office is)\b.{0,80}\b(?:out of (?:the )?office|away|closed|not in the"
    r" office|on (?:\w+ )?(?:leave|holiday|vacation))"
    r"|\b(?:ich bin|bin ich|wir sind|unser büro ist)\b.{0,80}\b(?:abwesend|geschlossen|nicht (?:im (?:büro|haus)"
    r"|erreichbar|am arbeitsplatz)|im urlaub|in elternzeit|außer haus)"
    r"|\b(?:je suis|je serai|nous sommes|notre bureau est)\b.{0,80}\b(?:absente?s?|fermé|indisponible|hors du bureau"
    r"|en (?:congés?|vacances))",
    re.IGNORECASE,
)  # fmt: skip

_TO_A_STRANGER = re.compile(
    r"\b(?:uw|je|jouw) (?:e-?mail|mail|bericht)\w{0,3}\b.{0,60}\b(?:gelezen|beantwoord|doorgestuurd|behandeld)"
    r"|\b(?:lees|beantwoord|behandel|reageer)\b.{0,60}\b(?:terugkomst|terugkeer|terug ben|weer aanwezig)"
    r"|\b(?:bij|voor|in geval van) (?:spoed\w*|dringende|urgente)\b"
    r"|\bcontact op(?:nemen)? met (?:mijn|onze|één van (?:mijn|onze)) (?:directe )?collega"
    r"|\b(?:reply|respond|read|answer|get back)\b.{0,60}\b(?:return|back in)|\blimited access to (?:my )?e-?mail"
    r"|\b(?:urgent|immediate) (?:matters?|assistance|enquir\w+|questions?|issues?)\b|\bplease contact my colleague"
    r"|\byour (?:e-?mail|message) will (?:not )?be (?:read|forwarded|answered)"
    r"|\bihre (?:e-?mail|nachricht)\b.{0,60}\b(?:gelesen|weitergeleitet|bearbeitet|beantworte\w*)"
    r"|\bin dringenden (?:fällen|angelegenheiten)\b|\bnach meiner rückkehr\b|\bwenden sie sich\b"
    r"|\ben cas d.urgence\b|\bà mon retour\b|\bvotre (?:message|courriel|e-?mail|mail) (?:ne )?sera\b",
    re.IGNORECASE,
)

_THANKS = re.compile(
    r"\b(?:(?:bedankt|dank(?: u)?(?: wel)?|hartelijk dank) voor (?:uw|je|jouw) (?:e-?mail|mail|bericht)"
    r"|thank(?:s| you) for (?:your|the) (?:e-?mail|message)|dank für ihre (?:e-?mail|mail|nachricht)"
    r"|merci (?:de|pour) votre (?:message|courriel|e-?mail|mail))",
    re.IGNORECASE,
)


def is_absence_notice(words: str, *, is_answer: bool) -> bool:
    """Say whether the words are an automatic reply. `is_answer`: header or subject show that the mail answers one."""
    quoted = _QUOTED.search(words)
    own = words[: quoted.start() if quoted else len(words)].strip().replace("\u2019", "'")
    if not own or len(own) > _LONGEST or "?" in own:
        return False
    if _SAYS_SO.search(own):
        return True
    lines = [line for line in own.split("\n") if line.strip()][:_FIRST_LINES]
    whole = " ".join(own.split())
    return bool(
        _ABSENT.search(" ".join(" ".join(lines).split()))
        and _TO_A_STRANGER.search(whole)
        and (is_answer or _THANKS.search(whole))
    )
