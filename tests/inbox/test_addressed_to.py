"""Whom a mail addresses by name, in what was written now."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.email.reading.read import read_mail
from inbox.addressed_to import ADDRESSED_TO_LIMIT, ADDRESSEE_NAME_LIMIT, addressed_to

_PIECES = (
    "T.a.v. ", "t.a.v.: ", "Ter attentie van ", "Attn.: ", "z.Hd. ", "à l'attention de ", "Geachte ", "Beste ", "Dear ",
    "mevrouw ", "heer/", "de ", "van ", "'t ", "J.", "v/d ", "Karin", "De Vries", " en ", " & ", ", ", ".", "\n", "team ",
    "gemeente", "’", "-", "*", "_", "(", "ı", "İ", "ß", " ", "\x00", "\U0001f44d",
)  # fmt: skip


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("T.a.v. mevrouw J. de Vries", ("J. de Vries",)),
        ("t.a.v.: Karin de Vries", ("Karin de Vries",)),
        ("TAV Karin", ("Karin",)),
        ("t.a.v De heer Jansen", ("Jansen",)),
        ("Ter attentie van de heer P. Jansen, afdeling Belastingen", ("P. Jansen",)),
        ("Attn Karin Bos", ("Karin Bos",)),
        ("Attn.: Ms. Jansen", ("Jansen",)),
        ("For the attention of Mr Bos", ("Bos",)),
        ("z.Hd. Frau Müller", ("Müller",)),
        ("zu Händen von Herrn Müller", ("Müller",)),
        ("à l'attention de Madame Dupont", ("Dupont",)),
        ("(t.a.v. Karin de Vries)", ("Karin de Vries",)),
        ("Gemeente Havendam, t.a.v. mevrouw De Vries, Postbus 1", ("De Vries",)),
        ("t.a.v. team Openbare Ruimte", ("team Openbare Ruimte",)),
        ("T.a.v. de afdeling Wmo en Jeugd", ("afdeling Wmo en Jeugd",)),
        ("t.a.v. mijn vergunning", ()),
        ("t.a.v. het college", ()),
        ("T.a.v. J.", ()),
        ("T.a.v. De", ()),
        ("Mijn vraag t.a.v. Karin is niet beantwoord", ()),
    ],
)
def test_an_attention_line_names_a_person_or_a_team(words: str, names: tuple[str, ...]) -> None:
    assert addressed_to("", words) == names


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("Geachte mevrouw De Vries,", ("De Vries",)),
        ("Geachte heer/mevrouw De Vries,", ("De Vries",)),
        ("Geachte mw. drs. J.P. van den Berg-Jansen,", ("J.P. van den Berg-Jansen",)),
        ("Geachte heer Joh. de Vries,", ("Joh. de Vries",)),
        ("Geachte mevrouw De Vries, beste Karin,", ("De Vries", "Karin")),
        ("Geachte mevrouw, mijnheer de Vries,", ("de Vries",)),
        ("Geachte burgemeester Bakker,", ("Bakker",)),
        ("Geachte burgemeester,", ("burgemeester",)),
        ("Beste Karin,", ("Karin",)),
        ("*Beste Karin,*", ("Karin",)),
        ("Beste Karin en Piet,", ("Karin", "Piet")),
        ("Beste Karin & Piet", ("Karin", "Piet")),
        ("Beste Karin, Piet en Jan,", ("Karin", "Piet", "Jan")),
        ("Beste Karin, Bedankt voor alles", ("Karin",)),
        ("Beste Karin. Ik heb een vraag.", ("Karin",)),
        ("Beste team Groen,", ("team Groen",)),
        ("Hallo Karin", ("Karin",)),
        ("Hallo Karin ik heb een vraag", ("Karin",)),
        ("hallo karin de vries", ("karin de vries",)),
        ("geachte heer jansen vorige week was ik bij u", ("jansen",)),
        ("Goedendag meneer v/d Berg,", ("v/d Berg",)),
        ("Geachte mevrouw 't Hart,", ("t Hart",)),
        ("Dag Özlem,", ("Özlem",)),
        ("Beste Ben,", ("Ben",)),
        ("Beste Ben Jansen en Al,", ("Ben Jansen", "Al")),
        ("Geachte heer el Khatib,", ("el Khatib",)),
        ("Geachte M. de Vries,", ("M. de Vries",)),
        ("Dear Ms. Jansen,", ("Jansen",)),
        ("Sehr geehrte Frau Jansen,", ("Jansen",)),
        ("Chère Madame Dupont,", ("Dupont",)),
        ("Madame Dupont,", ("Dupont",)),
    ],
)
def test_a_salutation_names_whom_it_greets(line: str, names: tuple[str, ...]) -> None:
    assert addressed_to("", f"{line}\n\nDe lamp is stuk.") == names


@pytest.mark.parametrize(
    "line",
    [
        "Geachte heer/mevrouw,", "Geachte heer, mevrouw,", "Geachte heer of mevrouw,", "Geachte dames en heren,",
        "Geacht college van burgemeester en wethouders,", "Geachte burgemeester en wethouders,", "Beste gemeente,",
        "Beste Gemeente Havendam,", "Beste collega's,", "Beste lezer,", "Beste medewerker van de gemeente,", "Beste team,",
        "Hallo allemaal!", "Hallo iedereen", "Goedemorgen,", "L.S.,", "Dear Sir/Madam,", "Dear Sir or Madam", "Hi all,",
        "Hello everyone", "To whom it may concern,", "Sehr geehrte Damen und Herren,", "Madame, Monsieur,", "Bonjour à tous,",
        "Hallo, ik ben Karin", "Hallo, In Klundert is het donker.", "Hallo ik heb een vraag over mijn paspoort",
        "hallo ik weet niet waar ik moet zijn en nu", "Bestellen kan ook,", "Dagelijks is het donker,", "",
    ],
)  # fmt: skip
def test_everybody_and_nobody_are_no_names(line: str) -> None:
    assert addressed_to("", f"{line}\nDe lamp is stuk.") == ()


def test_subject_and_words_are_looked_at_and_each_name_is_given_once() -> None:
    words = (
        "Gemeente Havendam\nT.a.v. K. de Vries\nPostbus 1\n\nBetreft: lamp\n\nGeachte mevrouw De Vries, beste KARIN,"
    )
    assert addressed_to("Re: brief t.a.v. Karin", words) == ("Karin", "K. de Vries", "De Vries")


def test_a_salutation_further_down_is_no_salutation_of_this_mail() -> None:
    assert addressed_to("", "Hallo,\n\nIk schreef eerder:\n\nBeste Karin,") == ()
    assert addressed_to("", "Regel.\n" * 20 + "Beste Karin,") == ()


def test_quoted_words_address_nobody() -> None:
    mail = (
        b"From: jan@postbus.example\nSubject: Re: lamp\n\nBeste Piet,\n\nDank u.\n\n"
        b"Op 3 maart 2026 om 10:12 schreef Jan <jan@postbus.example>:\n> T.a.v. Karin\n> Beste Karin,\n> De lamp is stuk.\n"
    )
    assert read_mail(mail).addressed_to == ("Piet",)


def test_many_and_long_names_are_bounded() -> None:
    many = "\n".join(f"t.a.v. Karin {chr(65 + at)}os" for at in range(26))
    assert len(addressed_to("", many)) == ADDRESSED_TO_LIMIT
    assert addressed_to("t.a.v. K" + "a" * 150, "") == ()


@given(st.one_of(st.text(max_size=80), st.lists(st.sampled_from(_PIECES), max_size=40).map("".join)), st.booleans())
def test_any_words_give_bounded_names_out_of_them(words: str, is_subject: bool) -> None:
    names = addressed_to(words, "") if is_subject else addressed_to("", words)
    assert len(names) <= ADDRESSED_TO_LIMIT
    for name in names:
        assert 0 < len(name) <= ADDRESSEE_NAME_LIMIT
        assert "\n" not in name
        assert set(name) <= set(words) | {" "}


@pytest.mark.parametrize(
    "piece",
    [
        "t.a.v. ",
        "Beste ",
        "Beste Karin, ",
        "Karin en ",
        "heer/",
        "de ",
        ", t.a.v. Karin",
        "((",
        "J.",
        "\n",
        " ",
        "Beste Karin\n",
    ],
)
def test_hostile_lengths_take_no_time(piece: str) -> None:
    started = time.process_time()
    long = piece * (1_000_000 // len(piece))
    addressed_to(long, long)
    addressed_to(f"t.a.v. {long}", f"Beste {long}")
    assert time.process_time() - started < 1
