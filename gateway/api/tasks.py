"""Tasks: what waits for a person."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field

from gateway.api.access import CallerHere, GuardedRoute, PartsHere, ScopeHere
from gateway.api.item_shapes import TaskAccount
from gateway.api.paging import next_link, parsed, written
from gateway.api.shapes import Asked, Shape, Words
from inbox.item import Status
from inbox.task import TaskKind
from store.listing import Position
from store.tasks import finish_task, list_tasks

router = APIRouter(prefix="/v1/tasks", tags=["Tasks"], route_class=GuardedRoute)

PAGE_LIMIT = 200

TaskId = Annotated[UUID, Path(alias="taskId", description="The task.")]


class TaskLine(TaskAccount):
    """One thing that only a person can do."""

    item_id: str = Field(description="The item that it is about.")
    reference: str = Field(examples=["7K3M-9QXA-D"])
    item_status: Status


class TaskPage(Shape):
    """One page of tasks, oldest first."""

    tasks: list[TaskLine]
    next_cursor: str | None = Field(description="Ask for the next page with this `cursor`; null on the last page.")


class TaskQuery(Asked):
    """Which tasks."""

    kind: TaskKind | None = Field(None, description="Only of this kind.")
    done: bool = Field(False, description="Those that were done, instead of those that wait.")
    limit: int = Field(50, ge=1, le=PAGE_LIMIT, description="Tasks on a page.")
    cursor: Annotated[str, Field(max_length=200)] | None = Field(None, description="`nextCursor` of the page before.")


class Outcome(Asked):
    """What came of it."""

    outcome: Words = Field("", description="How it was done, for whoever reads it later.", examples=["gebeld"])


def task_line(row: Any) -> TaskLine:
    """Return what the API shows of a task's row."""
    return TaskLine.model_validate(row, from_attributes=True)


@router.get("", operation_id="listTasks", summary="List what waits for a person, oldest first")
async def list_all(
    request: Request, response: Response, parts: PartsHere, scope: ScopeHere, query: Annotated[TaskQuery, Query()]
) -> TaskPage:
    """List the tasks on items in the key's scope. The header `Link` holds the address of the next page."""
    after = parsed(query.cursor) if query.cursor else None
    found = await list_tasks(
        parts.ledger, scope, kind=query.kind, is_done=query.done, limit=query.limit + 1, after=after
    )
    page, cursor = found[: query.limit], None
    if len(found) > query.limit:
        cursor = written(Position(page[-1].made_at, page[-1].task_id))
        response.headers["Link"] = next_link(request.url.path, request.query_params.multi_items(), cursor)
    return TaskPage(tasks=[task_line(row) for row in page], next_cursor=cursor)


@router.post("/{taskId}/done", operation_id="finishTask", summary="Say that a task is done")
async def finish(
    parts: PartsHere, caller: CallerHere, scope: ScopeHere, task_id: TaskId, body: Outcome | None = None
) -> TaskLine:
    """A person did what was asked. It stays to be seen on the item. What is done cannot be done again: 409."""
    outcome = body.outcome if body is not None else ""
    return task_line(await finish_task(parts.ledger, str(task_id), scope, caller.name, outcome))
