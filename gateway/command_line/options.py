"""Options that many commands take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

SettingsOption = Annotated[
    Path | None,
    typer.Option("--settings", help="Settings file; else GATEWAY_SETTINGS, else gateway.yaml in this folder."),
]
SourceOption = Annotated[str | None, typer.Option("--source", help="Only this source, by its id.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON document per line.")]
