"""`gateway audit`: the audit trail."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from gateway.command_line.options import JsonOption, SettingsOption

app = typer.Typer(help="The audit trail: who did what, and who looked at whose data.", no_args_is_help=True)

SinceOption = Annotated[
    str | None, typer.Option("--from", metavar="WHEN", help="A day, such as 2026-11-24, or a moment (RFC 3339).")
]
UntilOption = Annotated[str | None, typer.Option("--to", metavar="WHEN", help="A day, with all of it, or a moment.")]


@app.command("list")
def audit_list(
    actor: Annotated[str | None, typer.Option("--actor", help="Done by this key, or whoever signed in.")] = None,
    kind: Annotated[str | None, typer.Option("--kind", help="item.seen, or item for all of item.…")] = None,
    *,
    subject: Annotated[str | None, typer.Option("--subject", help="draft/ID, or draft for all of them.")] = None,
    item: Annotated[str | None, typer.Option("--item", metavar="ID", help="About this item.")] = None,
    since: SinceOption = None,
    until: UntilOption = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    json: JsonOption = False,
    settings: SettingsOption = None,
) -> None:
    """List who did what, newest first."""
    from gateway.commands.audit import list_entries, within

    asked = replace(within(since, until), actor=actor, kind=kind, subject=subject, item_id=item)
    list_entries(settings, asked, limit, as_json=json)


@app.command("export")
def audit_export(
    since: SinceOption = None,
    until: UntilOption = None,
    json: JsonOption = False,
    settings: SettingsOption = None,
) -> None:
    """Write the entries of the chain, oldest first: as syslog lines (RFC 5424), or as JSON lines."""
    from gateway.commands.audit import export, within

    export(settings, within(since, until), as_json=json)


@app.command("verify")
def audit_verify(
    against: Annotated[
        Path | None, typer.Option("--against", metavar="FILE", help="An earlier export (JSON lines), kept elsewhere.")
    ] = None,
    json: JsonOption = False,
    settings: SettingsOption = None,
) -> None:
    """Prove that no entry was removed or changed; exit 0 when none was, 1 with the first one that was."""
    from gateway.commands.audit import verify

    raise typer.Exit(verify(settings, against, as_json=json))
