"""`gateway post`: scanned post."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Scanned post.", no_args_is_help=True)


@app.command("separator")
def post_separator(
    file: Annotated[Path, typer.Argument(metavar="FILE.pdf", help="Where the sheets are written.")],
    text: Annotated[str, typer.Option(help="What the code says; the settings must name it too.")] = "PATCHT",
    kind: Annotated[str, typer.Option(help="qr, code128 or patch_t (bars, without text).")] = "qr",
    count: Annotated[int, typer.Option(help="How many sheets.")] = 1,
) -> None:
    """Make sheets, as a PDF to print, that tell a scan where the next letter begins."""
    from gateway.commands.post import separator

    raise typer.Exit(separator(file, kind=kind, text=text, count=count))
