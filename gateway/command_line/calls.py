"""`gateway calls`: the call register."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.command_line.options import JsonOption, SettingsOption, SourceOption

app = typer.Typer(help="The call register: logs of telephone systems, and calls.", no_args_is_help=True)


@app.command("logs")
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


@app.command("retry")
def calls_retry(
    log_id: Annotated[str, typer.Argument(metavar="ID", help="The call log, as `gateway calls logs` names it.")],
    settings: SettingsOption = None,
) -> None:
    """Have a call log read again from its first row, once what stood in the way is mended."""
    from gateway.commands.call_register import retry

    retry(settings, log_id)


@app.command("list")
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
