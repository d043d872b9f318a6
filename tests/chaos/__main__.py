"""`python -m tests.chaos`: break everything around a gateway, and count what is lost."""

from __future__ import annotations

import asyncio
import json
import secrets
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from tests.chaos.run import Report, run
from tests.chaos.surroundings import ENGINES

_OUT = Path("var/chaos.json")
_SHARES = {"sqlite": 0.4, "postgresql": 0.6}


def main(
    letters: Annotated[int, typer.Option(help="How many letters arrive, over both engines.")] = 500,
    minutes: Annotated[float, typer.Option(help="How long the trouble lasts, over both engines.")] = 12,
    seed: Annotated[int, typer.Option(help="The dice's seed; 0: a fresh one.")] = 0,
    engine: Annotated[str, typer.Option(help="sqlite, postgresql, or both.")] = "both",
) -> None:
    """Run, print what came of it, write var/chaos.json; exit 0 only when nothing is lost, doubled or stuck."""
    seed = seed or secrets.randbelow(1_000_000) + 1
    console = Console()
    console.print(f"seed {seed}")
    reports = []
    for name in ENGINES if engine == "both" else [engine]:
        share = _SHARES[name] if engine == "both" else 1.0
        reports.append(_one(console, name, round(letters * share), seed, minutes * 60 * share))
        _OUT.parent.mkdir(exist_ok=True)
        _OUT.write_text(json.dumps([asdict(report) for report in reports], indent=2) + "\n", encoding="utf-8")
    console.print(_table(reports))
    for report in reports:
        for fault in [*report.verdict.faults, *report.left][:50]:
            console.print(f"{report.engine}: {fault}", style="red", markup=False)
    sys.exit(any(report.verdict.faults or report.left for report in reports))


def _one(console: Console, engine: str, letters: int, seed: int, seconds: float) -> Report:
    columns = (TextColumn("{task.description:<46}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(engine, total=letters)

        def say(words: str, sent: int) -> None:
            progress.update(task, advance=sent, **({"description": f"{engine}: {words}"} if words else {}))

        return asyncio.run(run(engine, letters, seed, seconds, say))


def _table(reports: list[Report]) -> Table:
    table = Table("", *(report.engine for report in reports))
    rows = {
        "letters": lambda r: r.verdict.letters,
        "items (of which linked copies)": lambda r: f"{r.verdict.items} ({r.verdict.linked})",
        "faults": lambda r: sum(r.faults.values()),
        "deaths of workers, at distinct points": lambda r: f"{sum(r.deaths.values())}, {len(r.deaths)}",
        "lost": lambda r: len(r.verdict.lost),
        "kept twice": lambda r: len(r.verdict.kept_twice),
        "forwarded twice": lambda r: len(r.verdict.forwarded_twice),
        "told twice (distinct)": lambda r: len(r.verdict.told_twice),
        "not told": lambda r: len(r.verdict.not_told),
        "stuck": lambda r: len(r.verdict.stuck) + len(r.left),
        "unexplained": lambda r: len(r.verdict.unexplained),
        "losses found by reconcile": lambda r: len(r.verdict.differences),
        "identical copies, each with a cut between": lambda r: r.verdict.explained,
        "minutes of trouble, seconds to heal": lambda r: f"{r.troubled_seconds / 60:.1f}, {r.healed_seconds:.0f}",
    }
    for name, value in rows.items():
        table.add_row(name, *(str(value(report)) for report in reports))
    return table


if __name__ == "__main__":
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(main)
    app()
