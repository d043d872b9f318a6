"""The words of a notice: the configuration's text, filled in. Never with a word of the sender's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from inbox.confidentiality import NAMES_NO_MATTER_FROM, Confidentiality
from inbox.configuration.model import PLACEHOLDER, Configuration, Text
from inbox.norms.promise import Promise, date_words

PLACEHOLDERS = frozenset(
    {"organisation", "reference", "department", "matter", "date", "term", "received_on", "phone", "website", "privacy"}
    | {"channel_advice"}
)
"""Words that a text may hold in braces."""

_NEUTRAL_MATTER = "uw bericht"

_ADVICE_ALONE = re.compile(r"\n+\{channel_advice\}[ \t]*(?=\n|\Z)")
"""Advice that is a paragraph of its own, with the line ends before it: where there is none, no gap is left."""


@dataclass(frozen=True)
class About:
    """What a notice may speak of."""

    reference: str
    received_on: date
    department: str
    """Key of the department."""
    category: str
    """Key of the category."""
    confidentiality: Confidentiality
    promise: Promise | None


@dataclass(frozen=True)
class Words:
    """A notice's subject (one line) and body (plain text, lines ended by a newline)."""

    subject: str
    body: str


def compose(text: Text, about: About, configuration: Configuration) -> Words:
    """Fill in the text. A confidential matter is called `uw bericht` and its department by the organisation's name; advice
    on a channel, which would tell what it is about, is left out.
    """
    organisation = configuration.organisation
    names_matter = about.confidentiality < NAMES_NO_MATTER_FROM
    # What is not named need not be in this version any more.
    category = configuration.categories[about.category] if names_matter else None
    advice = category.channel_advice.strip() if category else ""
    values = {
        "organisation": organisation.name,
        "reference": about.reference,
        "department": configuration.departments[about.department].name if names_matter else organisation.name,
        "matter": category.name if category else _NEUTRAL_MATTER,
        "date": date_words(about.promise.due_on) if about.promise else "",
        "term": about.promise.words if about.promise else "",
        "received_on": date_words(about.received_on),
        "phone": organisation.phone,
        "website": organisation.website,
        "privacy": organisation.privacy_url,
    }

    def filled(written: str) -> str:
        return PLACEHOLDER.sub(lambda found: values[found[1]], written)

    values["channel_advice"] = filled(advice)
    body = text.body if advice else _ADVICE_ALONE.sub("", text.body)
    return Words(subject=" ".join(filled(text.subject).split()), body=re.sub(r"[ \t]+\n", "\n", filled(body)))
