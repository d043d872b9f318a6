"""Thanks, and nothing but thanks, in four languages; whoever says more is heard."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.duplicates.thanks import is_only_thanks
from inbox.reading import Part
from tests.inbox.samples import quick, reading


@pytest.mark.parametrize(
    "words",
    [
        "Dank u wel!",
        "Dankuwel.",
        "Beste mevrouw De Vries,\n\nHartelijk dank voor uw snelle antwoord.\n\nMet vriendelijke groet,\nJan Jansen\n06 1234 5678",
        "Bedankt",
        "Oké, bedankt!",
        "Top, dank je wel",
        "Geachte heer,\nVeel dank.\nHoogachtend,\nP. Bakker",
        "Heel erg bedankt voor de moeite en de duidelijke uitleg.",
        "Prima. Ontvangen. Dank!",
        "Thank you very much!",
        "Hi,\nThanks a lot for your help.\nRegards,\nAnn",
        "Many thanks",
        "Vielen Dank für Ihre Antwort.\nMit freundlichen Grüßen\nEva",
        "Danke schön",
        "Merci beaucoup pour votre réponse.\nCordialement,\nLuc",
    ],
)
def test_thanks_are_known(words: str) -> None:
    assert is_only_thanks(reading("Re: Uw melding", words))


@pytest.mark.parametrize(
    "words",
    [
        "",
        "Jan",
        "Ok",
        "Dank u wel, maar de lantaarn is nog steeds stuk.",
        "Dank u wel. Wanneer komt u langs?",
        "Bedankt voor niets, ik dien een klacht in.",
        "Dank voor uw brief. Ik maak bezwaar.",
        "Bedankt. Mijn adres is Dorpsstraat 1.",
        "Bedankt voor uw bericht. Ik ga akkoord met het voorstel.",
        "Thanks, but it is still broken.",
        "Danke, aber die Lampe ist noch kaputt.",
        "Merci, mais la lampe ne marche pas.",
        "Graag ontvang ik nog een antwoord.",
        "Dank u wel " + "voor alles " * 100,
        "Dank u wel\nHet is nog niet opgelost",
    ],
)
def test_whoever_says_more_is_heard(words: str) -> None:
    assert not is_only_thanks(reading("Re: Uw melding", words))


def test_only_the_new_words_count_and_an_attachment_is_something() -> None:
    assert is_only_thanks(reading("Re: x", "Dank u wel!\n> Ik maak bezwaar.", new_text="Dank u wel!"))
    part = Part(name="brief.pdf", media_type="application/pdf", size_bytes=1)
    assert not is_only_thanks(reading("Re: x", "Dank u wel!", parts=(part,)))


@pytest.mark.parametrize("repeated", ["dank ", "voor ", "thank you ", "dank u wel voor ", "wel ", "a, ", "\n"])
def test_the_time_stays_short(repeated: str) -> None:
    begun = time.process_time()
    for length in (590, 100_000):
        is_only_thanks(reading("x", (repeated * length)[:length]))
    assert time.process_time() - begun < 2


@given(st.text(max_size=300))
@quick
def test_any_words_have_an_answer(words: str) -> None:
    assert is_only_thanks(reading("x", words)) in {True, False}
