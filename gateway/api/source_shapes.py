"""What is told of a source, and asked of one."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import AwareDatetime, Field, model_validator

from gateway.api.item_shapes import Trouble
from gateway.api.shapes import Asked, Moment, Shape
from inbox.channel import Channel
from inbox.confidentiality import ConfidentialityName


class SourceTrouble(Trouble):
    """What stands in the way of reading the source."""

    since: Moment


class CallLogCounts(Shape):
    """What came of a source's call logs so far."""

    waiting: int = Field(description="Not wholly in the register yet.")
    in_trouble: int = Field(description="Set aside, or most of their rows cannot be used: see `GET /v1/call-logs`.")


class SourceLine(Shape):
    """One source."""

    source_id: str = Field(examples=["info"])
    channel: Channel
    mode: str = Field(
        description="`observe`: kept and decided, nothing outward; `live`: everything.", examples=["live"]
    )
    live_from: Moment = Field(description="What was received earlier waits for a person.")
    managed_by: Literal["settings", "api"] | None = Field(
        description="Where it is changed: in the settings file, or here. Null: nowhere any more."
    )
    is_configured: bool = Field(description="False: the settings no longer name it, or it was ended.")
    healthy: bool = Field(
        description="Swept as recently as it should be, and its reader is alive. Always, where others hand in; never,"
        " while it is paused: what is there waits."
    )
    paused_at: Moment | None = Field(description="Since then nobody looks there, and nothing is taken in.")
    paused_by: str | None
    pause_reason: str | None
    swept_at: Moment | None = Field(description="End of the last successful sweep.")
    sweep_age_seconds: int | None = Field(description="How long ago that is: the health figure.")
    read_at: Moment | None = Field(description="Last sign of life of a reader.")
    trouble: SourceTrouble | None
    kept_count: int = Field(description="Deliveries kept so far.")
    seen_count: int | None = Field(description="How many the last sweep saw at the source; null before the first.")
    waiting_count: int | None = Field(
        description="How many of those are not kept yet. Null in the list of all sources, and before the first sweep."
    )
    call_logs: CallLogCounts | None = Field(description="Of a source of call records.")
    settings: dict[str, Any] | None = Field(
        description="As it was made, with secrets by the name of their place only; for one source, and for those who may"
        " change sources."
    )


class SourceList(Shape):
    """All sources."""

    sources: list[SourceLine]


class TriedSource(Shape):
    """What came of a try."""

    works: bool
    code: str = Field(
        description="`ok`, or the code of what is wrong; `busy`: too many tries wait for an answer.",
        examples=["credentials_refused"],
    )
    detail: str = Field(description="One sentence: what is there, or what is wrong and which setting to mend.")


class SourceChange(Asked):
    """What is to change; what is left out stays. The place itself is changed with `PUT`."""

    mode: Literal["observe", "live"] | None = Field(None, description="Going live counts from that moment.")
    live_from: AwareDatetime | None = Field(None, description="What was received earlier waits for a person.")
    confidentiality: ConfidentialityName | None = Field(
        None, description="Of what comes in from then on, at least: a category may be stricter."
    )
    sweep_seconds: float | None = Field(None, gt=0, le=300, description="A full sweep at least this often.")

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_dump(exclude_none=True):
            raise ValueError("names nothing to change")
        return self
