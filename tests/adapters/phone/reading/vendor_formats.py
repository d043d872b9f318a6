"""The formats of telephone systems, as the tests configure them, and their corpora."""

from pathlib import Path

from adapters.phone.reading.cucm import Cucm
from adapters.phone.reading.format import CallFormat
from adapters.phone.reading.freeswitch_csv import FreeswitchCsv
from adapters.phone.reading.freeswitch_json import FreeswitchJson
from adapters.phone.reading.teams import Teams
from adapters.phone.reading.three_cx import ThreeCx

FORMATS: dict[str, CallFormat] = {
    each.name: each
    for each in (Cucm(voicemail_pilots=frozenset({"3999"})), FreeswitchCsv(), FreeswitchJson(), Teams(), ThreeCx())
}
CORPORA = Path(__file__).parents[3] / "corpora" / "phone"


def files() -> list[Path]:
    """All files of calls of these formats; beside each stands what it holds, as `.expected.json`."""
    return sorted(
        path for name in FORMATS for path in (CORPORA / name).iterdir() if not path.name.endswith(".expected.json")
    )
