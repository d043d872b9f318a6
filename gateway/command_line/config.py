"""`gateway config`: the configuration document and its versions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.command_line.options import JsonOption, SettingsOption

app = typer.Typer(help="The configuration document.", no_args_is_help=True)

ExpectedOption = Annotated[
    int | None, typer.Option("--expected", min=1, help="Only when this version is in force now.")
]
WithdrawOption = Annotated[
    bool, typer.Option("--withdraw-scheduled", help="A draft that is scheduled makes way; else it is refused.")
]


@app.command("validate")
def config_validate(files: Annotated[list[Path], typer.Argument(help="Configuration documents.")]) -> None:
    """Check documents; each fault is named with file, line and rule."""
    from gateway.commands.config import validate

    raise typer.Exit(validate(files))


@app.command("simulate")
def config_simulate(
    what: Annotated[str, typer.Argument(metavar="FILE|DRAFT", help="A configuration document, or a draft's id.")],
    last: Annotated[int | None, typer.Option(min=1, help="The last so many items. Default: 1000.")] = None,
    days: Annotated[int | None, typer.Option(min=1, max=366, help="The items of the last so many days.")] = None,
    files: Annotated[list[Path] | None, typer.Option("--files", help="Mails and scans instead; repeat it.")] = None,
    against_then: Annotated[
        bool, typer.Option("--against-then", help="Compare with what stands in the ledger, not with what decides now.")
    ] = False,
    json: JsonOption = False,
    settings: SettingsOption = None,
) -> None:
    """Rehearse a document or a draft on what came in: which items change, and why. Writes nothing."""
    from gateway.commands.simulate import Asked, simulate

    asked = Asked(last, days, tuple(files or ()), against_then)
    raise typer.Exit(simulate(what, asked, as_json=json, settings_path=settings))


@app.command("versions")
def config_versions(
    settings: SettingsOption = None,
    json: JsonOption = False,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
) -> None:
    """List the published versions, newest first: who, when and why."""
    from gateway.commands.config import versions

    versions(settings, limit, as_lines=json)


@app.command("show")
def config_show(
    version: Annotated[int | None, typer.Argument(min=1, help="Its number; else the one in force.")] = None,
    settings: SettingsOption = None,
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    as_published: Annotated[bool, typer.Option("--as-published", help="Word for word, with its comments.")] = False,
) -> None:
    """Print a version's document, as YAML."""
    from gateway.commands.config import show

    show(settings, version, is_json=json, as_published=as_published)


@app.command("diff")
def config_diff(
    old: Annotated[str, typer.Argument(help="A file, a version's number or a draft's id.")],
    new: Annotated[
        str | None, typer.Argument(help="The same; without it OLD is compared with what is in force.")
    ] = None,
    settings: SettingsOption = None,
    json: JsonOption = False,
) -> None:
    """Show what differs: parts that are added, removed or changed, and rules that move."""
    from gateway.commands.config import diff

    diff(settings, old, new, as_lines=json)


@app.command("publish")
def config_publish(
    file: Annotated[Path, typer.Argument(help="Configuration document.")],
    reason: Annotated[str, typer.Option(help="Why; stands in the audit trail.")],
    settings: SettingsOption = None,
    expected: ExpectedOption = None,
    withdraw_scheduled: WithdrawOption = False,
) -> None:
    """Put a document in force, as a new version."""
    from gateway.commands.config import publish_file

    publish_file(settings, file, reason, expected, withdraws_scheduled=withdraw_scheduled)


@app.command("rollback")
def config_rollback(
    version: Annotated[int, typer.Argument(min=1, help="The version whose words are to decide again.")],
    reason: Annotated[str, typer.Option(help="Why; stands in the audit trail.")],
    settings: SettingsOption = None,
    expected: ExpectedOption = None,
    withdraw_scheduled: WithdrawOption = False,
) -> None:
    """Put an older version's words in force again, as a new version."""
    from gateway.commands.config import rollback

    rollback(settings, version, reason, expected, withdraws_scheduled=withdraw_scheduled)
