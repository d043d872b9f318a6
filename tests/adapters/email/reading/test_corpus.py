"""Each mail of the corpus is understood as the file beside it says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from adapters.email.reading.read import read_mail
from inbox.errors import UnreadableError

CORPUS = Path(__file__).parents[3] / "corpus" / "email"
OWN = frozenset({"gemeente@havendam.example"})


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*.eml")), ids=lambda path: path.stem)
def test_mail_of_the_corpus_is_understood(path: Path) -> None:
    expected = json.loads(path.with_suffix(".json").read_text("utf-8"))

    try:
        reading = read_mail(path.read_bytes(), own_addresses=OWN).model_dump(mode="json")
        understood = {field: reading[field] for field in expected if field in reading}
    except UnreadableError as error:
        understood = {"outcome": "quarantined", "error": error.code}

    assert understood == expected


def test_every_mail_of_the_corpus_says_what_is_expected() -> None:
    mails = {path.stem for path in CORPUS.glob("*.eml")}
    expectations = {path.stem for path in CORPUS.glob("*.json")}

    assert mails == expectations
    assert len(mails) >= 150
