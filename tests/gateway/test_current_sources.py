"""The sources of a process: what the settings file and the ledger say together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gateway.bootstrap import assembled
from gateway.settings import Settings
from inbox.channel import Channel
from inbox.errors import SettingsInvalid
from store.source_definitions import Wished, define_source
from store.sources import source_row
from tests.configuration import SMALL_TOWN

IMAP = {"host": "imap.test", "user": "b@gemeente.test", "password_env": "SOURCE_B"}


@pytest.fixture
def base(tmp_path: Path) -> dict[str, Any]:
    """Give settings without sources."""
    document = tmp_path / "configuration.yaml"
    document.write_text(SMALL_TOWN.replace("FOLDER", str(tmp_path / "out")))
    smtp = {"host": "127.0.0.1", "tls": "none", "from_address": "kcc@gemeente.test"}
    return {"var": tmp_path, "configuration": document, "smtp": smtp}


async def test_a_start_that_is_refused_for_an_id_of_the_api_changes_no_source(base: dict[str, Any]) -> None:
    said = {"id": "bezwaar", "mode": "live", "imap": IMAP}
    other = [{"id": "ander", "imap": {**IMAP, "user": "c@gemeente.test"}}, {"id": "bezwaar", "imap": IMAP}]
    async with assembled(Settings.model_validate(base), migrates=True) as parts:
        await define_source(parts.ledger, Wished("bezwaar", Channel.email, "live", None, said), "Beheer")
        with pytest.raises(SettingsInvalid, match="made over the API already"):
            async with assembled(Settings.model_validate({**base, "sources": other}), migrates=True):
                pass
        assert (await source_row(parts.ledger, "bezwaar")).mode == "live"
        assert await source_row(parts.ledger, "ander") is None


def test_secrets_of_sources_over_the_api_have_a_folder_of_their_own() -> None:
    assert Settings().source_secret_roots == (Path("/run/secrets/sources"),)
