"""The compose file: what its workers serve together."""

from __future__ import annotations

from pathlib import Path

import yaml

from workflows.worker import ALL_QUEUES

COMPOSE = Path(__file__).parents[2] / "docker-compose.yml"


def test_every_queue_has_a_worker_whose_health_is_asked_for_it() -> None:
    services = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"]
    served: list[str] = []
    for service in services.values():
        command = service.get("command") or []
        if "worker" not in command:
            continue
        queues = [word for word in command if word not in ("worker", "--queue")]
        assert service["healthcheck"]["test"][-len(queues) :] == queues
        served += queues
    assert sorted(f"gateway-{queue}" for queue in served) == sorted(ALL_QUEUES)
