# ruff: noqa: INP001  a program of its own, copied into the image; no package
"""Health of a worker container: Temporal has lately heard from this host on each named queue.

`python worker_health.py items outward listen` ends with 0 when it is so, else with 1 and one line that says why.
A process that runs but no longer polls is not healthy, and Docker sees that in no other way: a worker has no port.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from datetime import UTC, datetime, timedelta

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client

from gateway.settings import find_settings
from inbox.errors import GatewayError
from workflows.client import connect

_SILENT_FOR = timedelta(seconds=150)
"""A poll waits up to 60 s before it is renewed; twice that, and some, is silence."""

_WITHIN_SECONDS = 20.0


async def _heard_at(client: Client, queue: str, kind: TaskQueueType.ValueType) -> datetime | None:
    """Return when Temporal last heard from this host on the queue."""
    answer = await client.workflow_service.describe_task_queue(
        DescribeTaskQueueRequest(
            namespace=client.namespace, task_queue=TaskQueue(name=f"gateway-{queue}"), task_queue_type=kind
        )
    )
    # An identity is `process@host`; the host of a container is its own id.
    ours = [poller for poller in answer.pollers if poller.identity.partition("@")[2] == socket.gethostname()]
    return max((poller.last_access_time.ToDatetime(UTC) for poller in ours), default=None)


async def _silent(queues: list[str]) -> list[str]:
    """Return the queues on which nothing was heard from this host lately."""
    settings = find_settings(None).temporal
    client = await connect(
        settings.address,
        settings.namespace,
        tls=settings.tls,
        ca_file=settings.ca_file,
        certificate_file=settings.certificate_file,
        key_file=settings.key_file,
    )
    silent = []
    for queue in queues:
        # Items are workflows with local activities; the other queues hold activities only.
        kind = TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW if queue == "items" else TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY
        heard_at = await _heard_at(client, queue, kind)
        if heard_at is None or datetime.now(UTC) - heard_at > _SILENT_FOR:
            silent.append(queue)
    return silent


def main() -> int:
    """Return the exit code."""
    try:
        silent = asyncio.run(asyncio.wait_for(_silent(sys.argv[1:]), _WITHIN_SECONDS))
    except (GatewayError, RuntimeError, TimeoutError) as error:
        sys.stderr.write(f"Temporal cannot be asked: {type(error).__name__}\n")
        return 1
    if silent:
        sys.stderr.write(f"no poll from this host on: {', '.join(silent)}\n")
    return 1 if silent else 0


if __name__ == "__main__":
    outcome = main()
    sys.stderr.flush()
    # Not sys.exit: while Python takes itself apart, a thread of the Temporal client may still abort the process.
    os._exit(outcome)
