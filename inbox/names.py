"""Words around names in Dutch, English, German and French: titles, offices, particles, teams, and who is nobody."""

from __future__ import annotations

import re

INITIALS = re.compile(r"(?:[^\W\d_]\.){1,6}-?(?:[^\W\d_]\.?)?|[^\W\d_]")
"""`J.`, `J.P.`, `J.-P.` or a lone letter."""

_TITLES = frozenset([
    "heer", "dhr", "mevrouw", "mevr", "mw", "mvr", "mej", "mejuffrouw", "meneer", "mijnheer", "drs", "dr", "ir",
    "ing", "mr", "prof", "professor", "bc", "ds", "mrs", "ms", "miss", "mx", "sir", "madam", "herr",
    "herrn", "frau", "fräulein", "dipl", "monsieur", "madame", "mme", "mademoiselle", "mlle", "me",
])  # fmt: skip
"""Dropped from a name. `sir` and `madam` are titles with nobody behind them. `M.` is none: in Dutch it is an initial."""

_OFFICES = frozenset([
    "burgemeester", "wethouder", "griffier", "gemeentesecretaris", "secretaris", "raadslid", "directeur",
    "wijkagent", "wijkmanager", "wijkregisseur", "mayor", "alderman", "bürgermeister", "bürgermeisterin",
    "maire",
])  # fmt: skip
"""Dropped before a name; alone they name the one who holds the office."""

_PARTICLES = frozenset([
    "van", "de", "der", "den", "het", "'t", "ten", "ter", "te", "'s", "in", "op", "aan", "bij", "v.d", "v/d",
    "vd", "v.d.", "v.", "von", "vom", "zu", "zum", "zur", "du", "des", "le", "la", "les", "di", "da", "dos",
    "del", "el", "al", "ben", "bin", "ibn", "d'", "l'",
])  # fmt: skip

_ALSO_FIRST_NAMES = frozenset(["ben", "bin", "al", "di", "da", "el", "la", "del"])

_TEAMS = frozenset([
    "team", "afdeling", "bureau", "cluster", "sectie", "loket", "unit", "department", "abteilung", "service",
    "dienst",
])  # fmt: skip

_GENERIC = frozenset([
    "gemeente", "gemeenteraad", "raad", "raadsleden", "college", "wethouders", "ambtenaar", "ambtenaren",
    "medewerker", "medewerkers", "medewerkster", "collega", "collega's", "collegas", "collega’s", "lezer",
    "lezers", "allen", "allemaal", "iedereen", "mensen", "dames", "heren", "beiden", "leden", "bestuur",
    "ontvanger", "geadresseerde", "instantie", "organisatie", "bewoner", "bewoners", "inwoner", "inwoners",
    "buur", "buren", "klant", "klanten", "relatie", "klantenservice", "helpdesk", "contactpersoon",
    "behandelaar", "commissie", "stadhuis", "gemeentehuis", "ik", "wij", "we", "u", "jij", "je", "hierbij",
    "graag", "kunt", "kan", "mag", "wilt", "wil", "naar", "via", "dank", "bedankt", "allereerst", "zou", "mijn",
    "onze", "uw", "ons", "jullie", "een", "dit", "deze", "dat", "er", "is", "wat", "wie", "hoe", "waar",
    "wanneer", "waarom", "helaas", "sinds", "morgen", "middag", "avond", "nogmaals", "samen", "all", "everyone",
    "everybody", "team", "colleague", "colleagues", "reader", "readers", "folks", "guys", "there", "council",
    "municipality", "officer", "whom", "concerned", "ladies", "gentlemen", "both", "i", "my", "our", "the",
    "this", "alle", "allerseits", "zusammen", "damen", "herren", "kollegen", "kollege", "kollegin", "leser",
    "gemeinde", "ich", "wir", "meine", "unsere", "à", "tous", "toutes", "messieurs", "mesdames", "collègue",
    "collègues", "lecteur", "mairie", "commune", "je", "nous", "mon", "notre",
])  # fmt: skip
"""Everybody, or nobody in particular; and words with which a sentence begins behind a greeting."""


def plain(token: str) -> str:
    """Return the word as the lists hold it."""
    return token.lower().rstrip(".,:;!?").strip("*_()")


def is_title(token: str) -> bool:
    """Say whether the word is how people are addressed, and no part of the name."""
    return plain(token) in _TITLES


def is_office(token: str) -> bool:
    """Say whether the word names who holds an office."""
    return plain(token) in _OFFICES


def is_particle(token: str) -> bool:
    """Say whether the word stands in small letters inside a surname."""
    return plain(token) in _PARTICLES


def begins_surname(token: str) -> bool:
    """Say whether a name that begins with this word has no first name: `De Vries`, and not `Ben Jansen`."""
    return is_particle(token) and plain(token) not in _ALSO_FIRST_NAMES


def is_team(token: str) -> bool:
    """Say whether the word begins the name of a team."""
    return plain(token) in _TEAMS


def is_generic(token: str) -> bool:
    """Say whether the word names nobody in particular."""
    return plain(token) in _GENERIC or plain(token) in ("", "l.s", "ls")
