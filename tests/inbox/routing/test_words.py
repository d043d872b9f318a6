"""Words and patterns of rules: found whatever their writing, never slower than the text is long."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from inbox.errors import PatternInvalid
from inbox.routing.phrases import normalised
from inbox.routing.words import Text, Wanted
from tests.inbox.samples import quick, texts


def found(written: str, text: str) -> bool:
    return Wanted((written,)).first_in(Text(text)) is not None


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("vergunning", "Mijn VERGUNNING, graag."),
        ("één", "EEN vraag"),
        ("een", "één vraag"),
        ("cafe", "Het CAFÉ op de hoek"),
        ("straße", "STRASSE"),
        ("İstanbul", "istanbul"),
        ("fiets", "ﬁets"),
        ("abc", "ＡＢＣ"),
        ("e-mail", "Uw E-mail."),
        ("e-mail", "uw e mail"),
        ("'s-gravenhage", "in ’s-Gravenhage"),
        ("losse stoeptegel", "een losse\n  stoeptegel!"),
        ("kapotte  lamp", "Kapotte lamp"),
        ("woo", "(Woo)"),
        ("14-099", "bel 14 099"),
        ("a_b", "a b"),
    ],
)
def test_whole_words_are_found_whatever_their_case_accents_and_punctuation(written: str, text: str) -> None:
    assert found(written, text)


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("vergunning", "vergunningen"),
        ("vergunning", "omgevingsvergunning"),
        ("losse stoeptegel", "stoeptegel losse"),
        ("losse stoeptegel", "losse grijze stoeptegel"),
        ("woo", "woord"),
        ("vergunning*", "omgevingsvergunning"),
        ("lamp* kapot", "lampen zijn kapot"),
        ("a.c", "abc"),
        ("vraag", ""),
    ],
)
def test_other_words_are_not_found(written: str, text: str) -> None:
    assert not found(written, text)


@pytest.mark.parametrize("text", ["vergunning", "vergunningen", "Vergunningsaanvraag 12", "de vergunning."])
def test_a_star_stands_for_any_inflection(text: str) -> None:
    assert found("vergunning*", text)


def test_a_star_works_at_each_word_of_a_phrase_and_never_beyond_it() -> None:
    assert found("lamp* kapot*", "lampen kapotgeslagen")
    assert not found("lamp* kapot", "lamp xkapot")


def test_the_first_written_of_a_list_is_named_words_and_patterns_alike() -> None:
    wanted = Wanted(("lamp", "/z[0-9]+/", "lantaarn*"))
    assert wanted.first_in(Text("lantaarns Z12")) == "/z[0-9]+/"
    assert wanted.first_in(Text("de lantaarns")) == "lantaarn*"
    assert wanted.first_in(Text("niets")) is None


def test_a_pattern_sees_the_raw_text_and_no_case() -> None:
    assert found("/z-[0-9]{4}/", "Zaak Z-1234.")
    assert not found("/^zaak$/", "Zaak Z-1234.")
    assert found("/é/", "É")


@pytest.mark.parametrize("written", ["", " ", "*", "**", "...", "-", "!?", "a *", "* a", "_", "👍", "//", "\u0301"])
def test_words_that_leave_nothing_to_look_for_are_refused(written: str) -> None:
    with pytest.raises(PatternInvalid):
        Wanted((written,))


@pytest.mark.parametrize("written", ["*vergunning", "ver*gunning", "a*b c", "**a"])
def test_a_star_that_would_be_ignored_is_refused(written: str) -> None:
    with pytest.raises(PatternInvalid, match="end of a word"):
        Wanted((written,))


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (r"/(a)\1/", r"/(a)\1/` cannot be used: invalid escape"),
        (r"/a(?=b)/", "invalid perl operator"),
        ("/(/", "missing"),
        ("/a{5000}/", "repetition"),
        ("/[/", "missing"),
    ],
)
def test_what_re2_cannot_do_is_refused_in_words_that_quote_the_pattern(pattern: str, words: str) -> None:
    with pytest.raises(PatternInvalid) as refused:
        Wanted((pattern,))
    assert words in refused.value.detail
    assert pattern in refused.value.detail


@pytest.mark.parametrize(
    "pattern", ["/(a+)+$/", "/(a|aa)*b/", "/(.*)(.*)(.*)(.*)(.*)x/", "/(x+x+)+y/", "/a?a?a?a?a?b/"]
)
def test_patterns_that_explode_elsewhere_stay_linear_on_a_megabyte(pattern: str) -> None:
    text = "a" * 1_000_000 + "!"
    wanted = Wanted((pattern,))
    begun = time.process_time()
    assert wanted.first_in(Text(text)) is None
    assert time.process_time() - begun < 10


def test_many_words_on_a_megabyte_stay_fast() -> None:
    text = Text("lantaarnpaal kapot en vergunning " * 30_000)
    wanted = Wanted(tuple(f"woord{number}*" for number in range(300)))
    begun = time.process_time()
    assert wanted.first_in(text) is None
    assert time.process_time() - begun < 10


@given(texts)
@quick
def test_normalised_text_is_its_own_normal_form(text: str) -> None:
    once = normalised(text)
    assert normalised(once) == once
    assert once.startswith(" ")
    assert once.endswith(" ")


@given(texts, texts)
@example("0~0", "")
@quick
def test_any_string_is_found_in_itself_or_refused(written: str, around: str) -> None:
    try:
        wanted = Wanted((written,))
    except PatternInvalid:
        return
    # Inside a word a `~` parts two words, as any other sign does.
    text = f"{around} {written.replace('*', '').replace('~', ' ')} {around}"
    is_pattern = len(written) > 2 and written[0] == written[-1] == "/"
    assert is_pattern or wanted.first_in(Text(text)) == written


@given(st.text(alphabet="ab()[]{}|*+?.\\^$1-,/<=!:", max_size=12), texts)
@quick
def test_any_pattern_is_refused_or_searches_without_a_fault(pattern: str, text: str) -> None:
    try:
        wanted = Wanted((f"/{pattern}/",))
    except PatternInvalid as refused:
        assert pattern in refused.detail or not pattern
        return
    wanted.first_in(Text(text))


def test_half_a_character_in_a_text_raises_nothing() -> None:
    assert found("/b/", "a\ud800b")
    assert found("b", "a \ud800 b")


@pytest.mark.parametrize("said", ["\N{MATHEMATICAL BOLD CAPITAL B}ezwaar", "\N{CIRCLED LATIN CAPITAL LETTER B}ezwaar"])
def test_letters_of_other_shapes_are_letters(said: str) -> None:
    assert Wanted(("bezwaar",)).first_in(Text(said)) == "bezwaar"
    assert Wanted((said,)).first_in(Text("Bezwaar")) == said
