"""What Temporal's history holds: few events, and it can be replayed by this release. No words: test_nothing_leaks.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from temporalio.client import Client, WorkflowHistory
from temporalio.worker import Replayer

from tests.mails import mail
from tests.running import Town, until
from workflows.failures import data_converter
from workflows.item import ItemWorkflow
from workflows.names import item_workflow_id
from workflows.source import SourceWorkflow

HISTORIES = Path(__file__).parent / "histories"
EVENTS_ALLOWED = 20


async def runs_of(client: Client, item_id: str) -> list[WorkflowHistory]:
    """Return the histories of all runs of the item's workflow, first to last."""
    workflow_id = item_workflow_id(item_id)
    runs = [execution async for execution in client.list_workflows(f"WorkflowId = '{workflow_id}'")]
    runs.sort(key=lambda execution: execution.start_time)
    return [await client.get_workflow_handle(workflow_id, run_id=run.run_id).fetch_history() for run in runs]


async def test_an_ordinary_mail_takes_at_most_20_events_to_forwarded(town: Town) -> None:
    town.mailbox.deliver(mail("Lantaarn kapot"))
    async with town.working() as client:
        item = await town.until_status("Lantaarn kapot", "forwarded")
        await town.until_told(item.item_id)

        async def two_runs() -> Any:
            found = await runs_of(client, item.item_id)
            return found if len(found) == 2 else None

        first, _follow = await until(two_runs, "the first run has handed over to the one that follows")
    names = [event.event_type for event in first.events]
    assert len(names) <= EVENTS_ALLOWED, names


async def test_recorded_histories_replay() -> None:
    recorded = sorted(HISTORIES.glob("*.json"))
    assert recorded
    replayer = Replayer(workflows=[ItemWorkflow, SourceWorkflow], data_converter=data_converter())
    for file in recorded:
        history = WorkflowHistory.from_json(file.stem, file.read_text(encoding="utf-8"))
        await replayer.replay_workflow(history)
