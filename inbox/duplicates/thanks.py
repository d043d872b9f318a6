"""Mails that say nothing but thank you: they open nothing that has ended."""

from __future__ import annotations

import re

from inbox.reading import Reading
from inbox.routing.phrases import normalised

_LONGEST_CHARACTERS = 600
"""Whoever has more to say has something to say."""

_WORDS_AROUND = 6
"""In "bedankt voor uw snelle en duidelijke antwoord"."""

_GREETING = re.compile(
    r"^(?:geachte|beste|hallo|hoi|dag|goede ?(?:morgen|middag|avond|dag)|l\.?s\.?|dear|hi|hello|good (?:morning|afternoon)"
    r"|sehr geehrte[rs]?|liebe[rs]?|guten (?:tag|morgen)|bonjour|ch[eè]re?|madame|monsieur)\b[^.!?\n]{0,60}$",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"^(?:met (?:vriendelijke |hartelijke )?groet(?:en)?|(?:vriendelijke |hartelijke )?groet(?:en|jes)?|mvg|m\.v\.g"
    r"|hoogachtend|(?:kind|best|warm)? ?regards|(?:yours )?sincerely|cheers|mit freundlichen gr[uü](?:ß|ss)en|mfg"
    r"|(?:viele |liebe )?gr[uü](?:ß|ss)e|(?:bien )?cordialement|salutations)\b",
    re.IGNORECASE,
)
_THANKS = re.compile(
    r"(?:(?:oke|ok|okay|top|prima|fijn|mooi|super|geweldig|perfect|great|gut|parfait|ja|yes|en|and|und|et"
    r"|(?:goed|duidelijk|begrepen|ontvangen|genoteerd|noted|received|verstanden|compris|bien recu|got it)"
    r"|(?:alvast |heel |hartelijk |heel erg |zeer |nogmaals |wel )*(?:be)?dankt?(?: (?:u|je|jullie)(?: allen)?)?(?: wel)?"
    r"|dank(?:jewel|uwel|je|u)|(?:veel|mijn|hartelijke) dank"
    r"|(?:many |again |very )*thank(?:s| you)(?: (?:so|very) much| a lot| again)?|much appreciated"
    r"|(?:vielen |herzlichen |besten )?dank(?:e)?(?: (?:schon|sehr))?|merci(?: (?:beaucoup|bien))?|(?:mille|un grand) mercis?"
    rf"|(?:voor|for|fur|pour) (?:[^ ]+ ){{0,{_WORDS_AROUND - 1}}}[^ ]+"
    r") )+"
)
"""A sentence, normalised, with one space behind each word."""

_ASKS = re.compile(
    r"\b(?:maar|echter|nog|wel graag|wanneer|waarom|hoe|but|however|still|when|why|how|aber|jedoch|noch|wann|warum|mais"
    r"|cependant|encore|quand|pourquoi|bezwaar|klacht|ingebrekestelling|beroep|niet|geen|not|nicht|kein|pas)\b"
)


def is_only_thanks(reading: Reading) -> bool:
    """Say whether the sender's own words are nothing but thanks, in Dutch, English, German or French.

    Greeting and name below the closing do not count. In doubt it is more than thanks: an attachment, a question, a
    `but`, a number, or anything else that we do not know as thanks.
    """
    words = reading.new_text or reading.text
    if reading.parts or "?" in words or len(words) > _LONGEST_CHARACTERS:
        return False
    sentences = [sentence for line in _own_lines(words) for sentence in re.split(r"[.!,;:]+", line) if sentence.strip()]
    said = [normalised(sentence).strip() for sentence in sentences]
    said = [sentence for sentence in said if sentence]
    return bool(said) and all(_is_thanks(sentence) for sentence in said) and any(map(_thanks_itself, said))


def _own_lines(words: str) -> list[str]:
    """Return the lines between greeting and closing."""
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    if lines and _GREETING.match(lines[0].rstrip(",.! ")):
        lines = lines[1:]
    for position, line in enumerate(lines):
        if _CLOSING.match(line):
            return lines[:position]
    return lines


def _is_thanks(sentence: str) -> bool:
    return _ASKS.search(sentence) is None and _THANKS.fullmatch(f"{sentence} ") is not None


def _thanks_itself(sentence: str) -> bool:
    return re.search(r"dank|thank|appreciated|merci|mercis", sentence) is not None
