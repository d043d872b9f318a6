"""What is told of a destination, and asked of one."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gateway.api.shapes import Asked, Moment, Shape
from gateway.wire import WIRE
from inbox.configuration.model import FolderDestination, MailboxDestination, WebhookDestination


class DestinationLine(Shape):
    """One destination of a department."""

    department: str = Field(examples=["vergunningen"])
    ordinal: int = Field(description="0: the one that acts; then the informed ones, in order.", examples=[0])
    role: Literal["acting", "informed"]
    is_configured: bool = Field(
        description="False: paused, and no longer in the configuration in force. What was made for it waits until it goes"
        " on; `ordinal` and `role` are those it had when it was paused."
    )
    kind: Literal["mailbox", "webhook", "folder"] = Field(description="What it is.")
    place: str = Field(
        description="Address, host or folder; never a secret.", examples=["vergunningen@gemeente.example"]
    )
    waiting_count: int = Field(description="Items that it does not have yet.")
    failing_count: int = Field(description="Of those: the last attempt failed, and comes again.")
    failed_count: int = Field(description="Given up: a person must act.")
    oldest_waiting_at: Moment | None = Field(description="Since when the one that waits longest does.")
    delivered_at: Moment | None = Field(description="When it last took one.")
    paused_at: Moment | None = Field(description="Since then a person lets what is meant for it wait.")
    paused_by: str | None = Field(description="Who paused it.")
    pause_reason: str | None = Field(description="Why.")


class DestinationList(Shape):
    """All destinations of the configuration in force, and those that are paused and no longer in it."""

    version: int = Field(description="Of the configuration in force.")
    destinations: list[DestinationLine]


class MailboxBody(MailboxDestination):
    """A department's mailbox."""

    model_config = WIRE


class WebhookBody(WebhookDestination):
    """A department's web service; its secret is named by the variable that it stands in."""

    model_config = WIRE


class FolderBody(FolderDestination):
    """A folder on disk."""

    model_config = WIRE


class DestinationToTry(Asked):
    """A destination that may come into the configuration."""

    destination: Annotated[
        MailboxBody | WebhookBody | FolderBody,
        Field(discriminator="kind", description="As it would stand in the configuration, with camelCase keys."),
    ]


class TriedDestination(Shape):
    """What came of a try."""

    works: bool
    code: str = Field(description="`ok`, or the code of what is wrong.", examples=["destination_unavailable"])
    detail: str = Field(description="One sentence: what was tried, or what is wrong and what to mend.")
