"""The list of systems is explicit and complete."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import httpx
import pytest

from adapters.departments.folder import FolderSystem
from adapters.departments.registry import KINDS, registry, system_for
from adapters.departments.webhook import WebhookSystem
from inbox.configuration.model import FolderDestination, MailboxDestination, WebhookDestination
from inbox.errors import SettingsInvalid


class Fax(FolderSystem):
    kind = "fax"


def test_each_kind_has_its_system() -> None:
    folder = FolderSystem(Path("forward"))
    webhook = WebhookSystem(httpx.AsyncClient(), str, "urn:x")

    systems = registry(folder, webhook)

    assert dict(systems) == {"folder": folder, "webhook": webhook}
    assert system_for("folder", systems) is folder


def test_every_kind_that_a_configuration_may_name_is_known() -> None:
    destinations = (MailboxDestination, WebhookDestination, FolderDestination)

    assert {get_args(kind.model_fields["kind"].annotation)[0] for kind in destinations} == set(KINDS)


@pytest.mark.parametrize("systems", [(Fax(Path()),), (FolderSystem(Path()), FolderSystem(Path()))])
def test_unknown_kinds_and_doubles_are_refused(systems: tuple[FolderSystem, ...]) -> None:
    with pytest.raises(SettingsInvalid):
        registry(*systems)


def test_a_destination_without_a_system_is_said_so() -> None:
    with pytest.raises(SettingsInvalid, match="mailbox"):
        system_for("mailbox", registry())
