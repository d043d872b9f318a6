"""A submission: what a website, desk, app or area table hands in through the intake API."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from inbox.call import CallFacts
from inbox.channel import Channel
from inbox.reading import TEXT_LIMIT


class Attached(BaseModel):
    """A file that was handed in with it."""

    model_config = ConfigDict(frozen=True)

    name: str
    """As the writer calls it: not to be trusted as a file name."""
    media_type: str
    """As the writer says; not proven."""
    content: bytes


class Facts(BaseModel):
    """All of a submission but its words and files."""

    model_config = ConfigDict(frozen=True)

    channel: Channel
    subject: str = ""
    name: str = ""
    """Of the person whose matter it is."""
    address: str = ""
    """Their e-mail address: where they are told."""
    phone: str = ""
    """As it was written."""
    occurred_at: datetime | None = None
    """When it was said or filled in, aware UTC; None: when it was handed in."""
    own_reference: str = ""
    """Under which the writer's own system knows it."""
    call: CallFacts | None = None
    """The call of which the gateway itself made it."""


class Submission(Facts):
    """One message that was handed in. Its lines end in LF."""

    text: str
    attachments: tuple[Attached, ...] = ()


class SubmissionLimits(BaseModel):
    """How much may be handed in at once. More is refused, before anything is kept."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    body_bytes: Annotated[int, Field(ge=1 << 10, le=100 << 20)] = 25 << 20
    """Of the whole request. With more a mail to a department does not pass most relays."""
    attachments: Annotated[int, Field(ge=0, le=200)] = 20
    attachment_bytes: Annotated[int, Field(ge=0, le=100 << 20)] = 20 << 20
    """Of one attachment."""
    text_characters: Annotated[int, Field(ge=1, le=TEXT_LIMIT)] = 100_000
    wait_seconds: Annotated[float, Field(ge=0, le=30)] = 1.5
    """So long an answer waits for the promise, which is worked out after the message is kept."""
