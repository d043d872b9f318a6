"""`gateway keys`: API keys."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.command_line.options import SettingsOption

app = typer.Typer(help="API keys: made, listed and revoked.", no_args_is_help=True)


@app.command("make")
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


@app.command("list")
def keys_list(settings: SettingsOption = None) -> None:
    """List the keys; the keys themselves are not shown."""
    from gateway.commands.keep_house import list_all_keys

    list_all_keys(settings)


@app.command("revoke")
def keys_revoke(key_id: str, settings: SettingsOption = None) -> None:
    """End a key at once."""
    from gateway.commands.keep_house import revoke

    revoke(settings, key_id)
