"""The command line. Each command imports what it needs when it runs, so that `gateway --help` is instant."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from gateway.command_line import audit, calls, config, keys, post, sources
from gateway.command_line.options import JsonOption, SettingsOption, SourceOption
from inbox.errors import GatewayError

app = typer.Typer(
    name="gateway",
    help="The inbox gateway: no message lost, none handled twice, every sender told when.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(keys.app, name="keys")
app.add_typer(config.app, name="config")
app.add_typer(post.app, name="post")
app.add_typer(calls.app, name="calls")
app.add_typer(audit.app, name="audit")
app.add_typer(sources.app, name="sources")

ConfigurationOption = Annotated[
    Path | None,
    typer.Option("--configuration", help="Configuration document; else the one that the settings name."),
]
Files = Annotated[
    list[Path],
    typer.Argument(help="Mails (.eml), mailboxes (mbox), scans (PDF, TIFF, JPEG, PNG) or folders with them."),
]
OptionalFiles = Annotated[
    list[Path] | None,
    typer.Argument(help="Mails (.eml), mailboxes (mbox), scans (PDF, TIFF, JPEG, PNG) or folders with them."),
]


@app.command()
def up(settings: SettingsOption = None) -> None:
    """Run everything in one process, with an embedded Temporal when none is named, until stopped."""
    from gateway.commands.serve import up as run

    run(settings)


@app.command()
def api(settings: SettingsOption = None) -> None:
    """Run the REST API; PostgreSQL and shared bytes needed."""
    from gateway.commands.serve import api as run

    run(settings)


@app.command()
def worker(
    settings: SettingsOption = None,
    queue: Annotated[
        list[str] | None, typer.Option("--queue", help="items, outward, reading, listen; repeat it. Default: all.")
    ] = None,
) -> None:
    """Run workers for Temporal; PostgreSQL, shared bytes and a Temporal cluster needed."""
    from gateway.commands.serve import worker as run

    run(settings, queue or [])


@app.command()
def demo(
    keep_running: Annotated[bool, typer.Option("--keep-running", help="Stay up afterwards, to try the API.")] = False,
    folder: Annotated[Path, typer.Option(help="Where everything of the demo is put.")] = Path("var/demo"),
    example: Annotated[Path, typer.Option(help="The sample municipality.")] = Path("examples/moerdijk"),
) -> None:
    """Carry the sample municipality's mails through the whole line; exit 0 only when each stands where it must."""
    from gateway.demo.run import run

    raise typer.Exit(run(example, folder, keep_running=keep_running))


@app.command()
def read(
    files: Files,
    json: JsonOption = False,
    settings: SettingsOption = None,
    format_name: Annotated[
        str | None, typer.Option("--format", metavar="NAME", help="The files are call logs of this format.")
    ] = None,
) -> None:
    """Show what the gateway understands from mails, scans and call logs. Needs no server and writes nothing."""
    from gateway.commands.read import read as run

    raise typer.Exit(run(files, as_json=json, settings_path=settings, format_name=format_name))


@app.command()
def explain(
    files: OptionalFiles = None,
    item: Annotated[
        str | None, typer.Option("--item", metavar="REFERENCE", help="An item of the ledger: why it was decided so.")
    ] = None,
    json: JsonOption = False,
    settings: SettingsOption = None,
    configuration: ConfigurationOption = None,
) -> None:
    """Show how the gateway would decide files and what it would answer, or why it decided an item. Writes nothing."""
    if (item is None) == (not files):
        raise typer.BadParameter("name files, or --item REFERENCE")
    if item is not None:
        from gateway.commands.explain_item import explain_reference

        raise typer.Exit(explain_reference(item, as_json=json, settings_path=settings))
    from gateway.commands.explain import explain as run

    raise typer.Exit(run(files or [], as_json=json, settings_path=settings, configuration_path=configuration))


@app.command()
def check(settings: SettingsOption = None, json: JsonOption = False) -> None:
    """Try every connection that the settings and the configuration name; exit 0 when all answer."""
    from gateway.commands.check import check as run

    raise typer.Exit(run(settings, as_json=json))


@app.command()
def reconcile(
    settings: SettingsOption = None,
    json: JsonOption = False,
    source: SourceOption = None,
    quick: Annotated[bool, typer.Option("--quick", help="Compare sizes of bytes, do not read them.")] = False,
    look: Annotated[bool, typer.Option("--look", help="Also look at each mailbox now, read-only.")] = False,
) -> None:
    """Prove that everything seen is kept, and name each difference; exit 0 when nothing is lost, 1 with losses."""
    from gateway.commands.reconcile import reconcile as run

    raise typer.Exit(run(settings, as_json=json, source_id=source, quick=quick, looks=look))


@app.command()
def reachability(
    since: Annotated[str | None, typer.Option("--from", metavar="DATE", help="First day, such as 2026-11-24.")] = None,
    until: Annotated[str | None, typer.Option("--to", metavar="DATE", help="Last day; else today.")] = None,
    *,
    by: Annotated[str, typer.Option("--by", help="queue, department, hour, day, with commas between.")] = "queue",
    queue: Annotated[str | None, typer.Option("--queue", help="Only this queue, as the figures name it.")] = None,
    department: Annotated[str | None, typer.Option("--department", help="Only queues of this department.")] = None,
    hour: Annotated[int | None, typer.Option("--hour", min=0, max=23, help="With --calls: only this hour.")] = None,
    calls: Annotated[bool, typer.Option("--calls", help="List the calls behind the figures instead.")] = False,
    json: JsonOption = False,
    settings: SettingsOption = None,
) -> None:
    """Show how well people could reach us by telephone: offered, answered, in time, lost, and how long they waited."""
    from gateway.commands.reachability import Asked
    from gateway.commands.reachability import reachability as run

    run(settings, Asked(since, until, by, queue, department, hour), lists_calls=calls, as_json=json)


@app.command()
def intake(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV or JSON lines: one message on each.")],
    source: Annotated[str, typer.Option("--source", help="Where it is handed in: a source with `intake`.")],
    settings: SettingsOption = None,
    json: JsonOption = False,
) -> None:
    """Hand in a file of messages, such as notes of an area table: all or nothing, and nothing twice."""
    from gateway.commands.intake import intake as run

    raise typer.Exit(run(settings, file, source, as_json=json))


@app.command()
def openapi() -> None:
    """Print the API document (OpenAPI, JSON)."""
    from gateway.commands.openapi import openapi as run

    run()


@app.command()
def migrate(settings: SettingsOption = None) -> None:
    """Make the ledger's tables, or bring them up to date."""
    from gateway.commands.keep_house import migrate as run

    run(settings)


def main() -> None:
    """Run the command line; our own errors become one clear message and exit code 2."""
    try:
        app()
    except GatewayError as error:
        sys.stderr.write(f"{error.code}: {error.detail}\n")
        sys.exit(2)


if __name__ == "__main__":
    main()
