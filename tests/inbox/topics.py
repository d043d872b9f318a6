"""Topics for tests: the invented messages of tests/corpora/topics, and a few small topics."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

_CORPUS = Path(__file__).parents[1] / "corpora/topics/messages.yaml"

SMALL: dict[str, dict[str, Any]] = {
    "licht": {
        "name": "straatverlichting",
        "examples": [
            "De lantaarn is kapot",
            "Lantaarn brandt niet",
            "Alle lantaarns zijn uit",
            "Een kapotte lantaarn in de tunnel",
            "Lantaarnpaal staat scheef",
            "Geen verlichting op het fietspad",
        ],
    },
    "afval": {
        "name": "afval",
        "examples": [
            "De kliko is niet geleegd",
            "Kliko gestolen",
            "Grofvuil ophalen",
            "Wanneer halen jullie grofvuil op",
            "Mijn kliko staat er nog",
            "Vuilnis naast de container",
        ],
    },
    "paspoort": {
        "name": "reisdocumenten",
        "examples": [
            "Paspoort verlengen",
            "Mijn paspoort is verlopen",
            "Paspoort aanvragen voor mijn kind",
            "Afspraak voor een paspoort",
            "Identiteitskaart verloren",
            "Hoe duur is een identiteitskaart",
        ],
    },
}
"""Three topics that share no telling word, learned in a moment."""


@lru_cache
def corpus() -> dict[str, Any]:
    """Return the corpus: `topics`, each with `name`, `training` and `held_out`, and `off_topic`."""
    read: dict[str, Any] = yaml.safe_load(_CORPUS.read_text(encoding="utf-8"))
    return read


def corpus_topics() -> dict[str, dict[str, Any]]:
    """Return the corpus's topics as a document writes them."""
    return {key: {"name": one["name"], "examples": one["training"]} for key, one in corpus()["topics"].items()}
