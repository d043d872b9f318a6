"""Records the histories of a release, for the replay test. Run once per release:

python -m pytest tests/workflows/record_histories.py
"""

from __future__ import annotations

from importlib.metadata import version

from inbox.actions import Action
from tests.mails import mail
from tests.running import Town, until
from tests.workflows.test_actions import all_settled, do
from tests.workflows.test_history import HISTORIES, runs_of
from workflows.names import item_workflow_id


async def test_record_histories(town: Town) -> None:
    town.mailbox.deliver(mail("Lantaarn kapot"))
    async with town.working() as client:
        item = await town.until_status("Lantaarn kapot", "forwarded")
        await town.until_told(item.item_id)
        await do(town, Action.reroute, item.item_id, "vergunning")
        await all_settled(town, item.item_id, 3)
        await town.until_status("Lantaarn kapot", "forwarded")
        await do(town, Action.complete, item.item_id)

        async def ended() -> bool:
            status = (await client.get_workflow_handle(item_workflow_id(item.item_id)).describe()).status
            return bool(status and status.name == "COMPLETED")

        await until(ended, "the workflow has ended")
        runs = await runs_of(client, item.item_id)
    release = version("inbox-gateway")
    for number, run in enumerate(runs, start=1):
        text = run.to_json()
        for event in run.events:
            for identity in {event.workflow_task_started_event_attributes.identity} - {""}:
                text = text.replace(identity, "worker")
        (HISTORIES / f"item-{release}-{number}.json").write_text(text + "\n", encoding="utf-8")
