"""The held-out letters say what their truth says, and share no sender with those by which the reader was tuned."""

from __future__ import annotations

import re

import pytest

from tests.bench.addressed import reaches
from tests.letters.letter import Letter, held_out, letters
from tests.letters.typeset import typeset


@pytest.fixture(params=held_out().values(), ids=lambda letter: letter.name)
def letter(request: pytest.FixtureRequest) -> Letter:
    found: Letter = request.param
    return found


def test_no_tuned_letter_has_such_a_sender_or_font() -> None:
    assert len(held_out()) >= 8
    tuned = {line for letter in letters().values() for line in letter.sender}
    assert not tuned & {line for letter in held_out().values() for line in letter.sender}
    assert not {letter.font for letter in letters().values()} & {letter.font for letter in held_out().values()}


def test_the_truth_stands_in_the_letter(letter: Letter) -> None:
    written, truth = " ".join(page.text for page in typeset(letter)).replace("\n", " "), letter.truth
    for said in (truth.sender_name, truth.postcode, truth.house_number, truth.subject, truth.email, truth.phone):
        assert said in written
    assert truth.surname in truth.sender_name
    assert re.fullmatch(r"(\d{4} [A-Z]{2})?", truth.postcode)


def test_an_address_reaches_its_sender_only_when_every_word_is_theirs() -> None:
    hedge = held_out()["hedge"]
    own = ("Fam. De Vries-van den Berg", "Lindenhof 12 bis", "4792 AB Noordgors")
    assert reaches(own, hedge)
    assert reaches(("De Vries - van den Berg", "Lindenhof 12-bis", "4792AB Noordgors"), hedge)
    for name in ("Fam. De Vries", "Van den Berg", "Fam. Vries-van den Bergh", "Haag De Vries-van den Berg"):
        assert not reaches((name, *own[1:]), hedge)
    for street in ("Lindenhof 12", "Lindenhof 1 2 bis", "Lindenhot 12-bis", "Hof 12-bis"):
        assert not reaches((own[0], street, own[2]), hedge)
    for town in ("4792 AB Noord", "4792 AD Noordgors", "4792 AB Noordgors Betreft"):
        assert not reaches((*own[:2], town), hedge)


def test_who_signs_for_a_firm_is_reached_at_its_box_and_nobody_abroad_by_a_dutch_postcode() -> None:
    box = ("Postbus 112", "4870 AC Etten-Leur")
    assert reaches(("Van der Linden & Zn. Installatietechniek", *box), held_out()["installer"])
    assert reaches(("ing. W.A.C. van der Linden", *box), held_out()["installer"])
    assert not reaches(("Joris Van den Broeck", "Nieuwstraat 6", "4791 RB Havendam"), held_out()["belgian"])
