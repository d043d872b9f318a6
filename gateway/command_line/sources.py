"""`gateway sources`: sources, each by its id."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.command_line.options import JsonOption, SettingsOption

app = typer.Typer(help="Sources: mailboxes, folders and whoever hands in.", no_args_is_help=True)

SourceArgument = Annotated[str, typer.Argument(metavar="SOURCE", help="The source, by its id.")]


@app.command("list")
def sources_list(settings: SettingsOption = None, json: JsonOption = False) -> None:
    """List the sources and how each stands."""
    from gateway.commands.sources import list_all

    list_all(settings, as_json=json)


@app.command("try")
def sources_try(source: SourceArgument, settings: SettingsOption = None, json: JsonOption = False) -> None:
    """Connect, sign in and look once, touching nothing; exit 0 when that works."""
    from gateway.commands.sources import try_one

    raise typer.Exit(try_one(settings, source, as_json=json))


@app.command("pause")
def sources_pause(
    source: SourceArgument,
    reason: Annotated[str, typer.Option(help="Why; it stands in the audit trail.")],
    settings: SettingsOption = None,
) -> None:
    """Let nobody look at the source, in every process, until it goes on."""
    from gateway.commands.sources import pause

    pause(settings, source, reason)


@app.command("resume")
def sources_resume(
    source: SourceArgument,
    reason: Annotated[str, typer.Option(help="Why; it stands in the audit trail.")] = "",
    settings: SettingsOption = None,
) -> None:
    """Let a paused source go on."""
    from gateway.commands.sources import resume

    resume(settings, source, reason)
