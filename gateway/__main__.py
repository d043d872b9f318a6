"""The command line. Each command imports what it needs when it runs, so that `gateway --help` is instant."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from inbox.errors import GatewayError

app = typer.Typer(
    name="gateway",
    help="The inbox gateway: no message lost, none handled twice, every sender told when.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
keys_app = typer.Typer(help="API keys: made, listed and revoked.", no_args_is_help=True)
config_app = typer.Typer(help="The configuration document.", no_args_is_help=True)
app.add_typer(keys_app, name="keys")
app.add_typer(config_app, name="config")
post_app = typer.Typer(help="Scanned post.", no_args_is_help=True)
app.add_typer(post_app, name="post")
calls_app = typer.Typer(help="The call register: logs of telephone systems, and calls.", no_args_is_help=True)
app.add_typer(calls_app, name="calls")
audit_app = typer.Typer(help="The audit trail: who did what, and who looked at whose data.", no_args_is_help=True)
app.add_typer(audit_app, name="audit")

sources_app = typer.Typer(help="Sources: mailboxes, folders and whoever hands in.", no_args_is_help=True)
app.add_typer(sources_app, name="sources")

SettingsOption = Annotated[
    Path | None,
    typer.Option("--settings", help="Settings file; else GATEWAY_SETTINGS, else gateway.yaml in this folder."),
]
ConfigurationOption = Annotated[
    Path | None,
    typer.Option("--configuration", help="Configuration document; else the one that the settings name."),
]
SourceOption = Annotated[str | None, typer.Option("--source", help="Only this source, by its id.")]
ExpectedOption = Annotated[
    int | None, typer.Option("--expected", min=1, help="Only when this version is in force now.")
]
WithdrawOption = Annotated[
    bool, typer.Option("--withdraw-scheduled", help="A draft that is scheduled makes way; else it is refused.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON document per line.")]
SinceOption = Annotated[
    str | None, typer.Option("--from", metavar="WHEN", help="A day, such as 2026-11-24, or a moment (RFC 3339).")
]
UntilOption = Annotated[str | None, typer.Option("--to", metavar="WHEN", help="A day, with all of it, or a moment.")]
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


@keys_app.command("make")
def keys_make(
    name: Annotated[str, typer.Argument(help="Who will use it; stands in each event.")],
    role: Annotated[
        str, typer.Option(help="admin, publisher, operator, department, reader, monitor or intake.")
    ] = "reader",
    department: Annotated[list[str] | None, typer.Option(help="Restrict to this department; repeat it.")] = None,
    source: Annotated[
        list[str] | None, typer.Option(help="With the role intake: it hands in at this source; repeat it.")
    ] = None,
    up_to: Annotated[str, typer.Option(help="The strictest confidentiality it may see.")] = "zaakvertrouwelijk",
    days: Annotated[int | None, typer.Option(min=1, max=3650, help="It ends after so many days; else never.")] = None,
    settings: SettingsOption = None,
) -> None:
    """Make an API key and show it, this once."""
    from gateway.commands.keep_house import make_key

    make_key(settings, name, role, department, up_to, source, days)


@keys_app.command("list")
def keys_list(settings: SettingsOption = None) -> None:
    """List the keys; the keys themselves are not shown."""
    from gateway.commands.keep_house import list_all_keys

    list_all_keys(settings)


@keys_app.command("revoke")
def keys_revoke(key_id: str, settings: SettingsOption = None) -> None:
    """End a key at once."""
    from gateway.commands.keep_house import revoke

    revoke(settings, key_id)


@config_app.command("validate")
def config_validate(files: Annotated[list[Path], typer.Argument(help="Configuration documents.")]) -> None:
    """Check documents; each fault is named with file, line and rule."""
    from gateway.commands.config import validate

    raise typer.Exit(validate(files))


@sources_app.command("list")
def sources_list(settings: SettingsOption = None, json: JsonOption = False) -> None:
    """List the sources and how each stands."""
    from gateway.commands.sources import list_all

    list_all(settings, as_json=json)


SourceArgument = Annotated[str, typer.Argument(metavar="SOURCE", help="The source, by its id.")]


@sources_app.command("try")
def sources_try(source: SourceArgument, settings: SettingsOption = None, json: JsonOption = False) -> None:
    """Connect, sign in and look once, touching nothing; exit 0 when that works."""
    from gateway.commands.sources import try_one

    raise typer.Exit(try_one(settings, source, as_json=json))


@sources_app.command("pause")
def sources_pause(
    source: SourceArgument,
    reason: Annotated[str, typer.Option(help="Why; it stands in the audit trail.")],
    settings: SettingsOption = None,
) -> None:
    """Let nobody look at the source, in every process, until it goes on."""
    from gateway.commands.sources import pause

    pause(settings, source, reason)


@sources_app.command("resume")
def sources_resume(
    source: SourceArgument,
    reason: Annotated[str, typer.Option(help="Why; it stands in the audit trail.")] = "",
    settings: SettingsOption = None,
) -> None:
    """Let a paused source go on."""
    from gateway.commands.sources import resume

    resume(settings, source, reason)


@config_app.command("simulate")
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


@config_app.command("versions")
def config_versions(
    settings: SettingsOption = None,
    json: JsonOption = False,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
) -> None:
    """List the published versions, newest first: who, when and why."""
    from gateway.commands.config import versions

    versions(settings, limit, as_lines=json)


@config_app.command("show")
def config_show(
    version: Annotated[int | None, typer.Argument(min=1, help="Its number; else the one in force.")] = None,
    settings: SettingsOption = None,
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    as_published: Annotated[bool, typer.Option("--as-published", help="Word for word, with its comments.")] = False,
) -> None:
    """Print a version's document, as YAML."""
    from gateway.commands.config import show

    show(settings, version, is_json=json, as_published=as_published)


@config_app.command("diff")
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


@config_app.command("publish")
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


@config_app.command("rollback")
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


@post_app.command("separator")
def post_separator(
    file: Annotated[Path, typer.Argument(metavar="FILE.pdf", help="Where the sheets are written.")],
    text: Annotated[str, typer.Option(help="What the code says; the settings must name it too.")] = "PATCHT",
    kind: Annotated[str, typer.Option(help="qr, code128 or patch_t (bars, without text).")] = "qr",
    count: Annotated[int, typer.Option(help="How many sheets.")] = 1,
) -> None:
    """Make sheets, as a PDF to print, that tell a scan where the next letter begins."""
    from gateway.commands.post import separator

    raise typer.Exit(separator(file, kind=kind, text=text, count=count))


@calls_app.command("logs")
def calls_logs(
    settings: SettingsOption = None,
    json: JsonOption = False,
    source: SourceOption = None,
    state: Annotated[str | None, typer.Option(help="waiting, imported or set_aside.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
) -> None:
    """List call logs, newest first: how far each is in the register, and what is the matter with it."""
    from gateway.commands.call_register import logs

    logs(settings, source, state, limit, as_json=json)


@calls_app.command("retry")
def calls_retry(
    log_id: Annotated[str, typer.Argument(metavar="ID", help="The call log, as `gateway calls logs` names it.")],
    settings: SettingsOption = None,
) -> None:
    """Have a call log read again from its first row, once what stood in the way is mended."""
    from gateway.commands.call_register import retry

    retry(settings, log_id)


@calls_app.command("list")
def calls_list(
    settings: SettingsOption = None,
    json: JsonOption = False,
    source: SourceOption = None,
    outcome: Annotated[str | None, typer.Option(help="missed, abandoned, answered and so on.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
) -> None:
    """List calls, those that began last first, without who rang."""
    from gateway.commands.call_register import calls

    calls(settings, source, outcome, limit, as_json=json)


@audit_app.command("list")
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


@audit_app.command("export")
def audit_export(
    since: SinceOption = None,
    until: UntilOption = None,
    json: JsonOption = False,
    settings: SettingsOption = None,
) -> None:
    """Write the entries of the chain, oldest first: as syslog lines (RFC 5424), or as JSON lines."""
    from gateway.commands.audit import export, within

    export(settings, within(since, until), as_json=json)


@audit_app.command("verify")
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


def main() -> None:
    """Run the command line; our own errors become one clear message and exit code 2."""
    try:
        app()
    except GatewayError as error:
        sys.stderr.write(f"{error.code}: {error.detail}\n")
        sys.exit(2)


if __name__ == "__main__":
    main()
