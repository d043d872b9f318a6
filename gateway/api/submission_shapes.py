"""What is handed in at the intake API, and its answer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from gateway.api.item_shapes import PromiseLine
from gateway.api.shapes import Asked, Moment, Name, Shape
from inbox.channel import Channel
from inbox.submission import Attached, Submission


def _says_something(text: str) -> str:
    if not text.strip():
        raise ValueError("says nothing")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _lately(moment: datetime) -> datetime:
    if moment.year < _EARLIEST_YEAR:
        raise ValueError("lies too far back")
    return moment


_EARLIEST_YEAR = 2000
"""No norm is counted from before that."""

_Line = Annotated[
    str, StringConstraints(max_length=300, pattern=r"^[^\x00-\x1f\x7f\u2028\u2029]*$", strip_whitespace=True)
]
_Text = Annotated[
    str,
    StringConstraints(min_length=1, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"),
    AfterValidator(_says_something),
]
_Email = Annotated[
    str,
    StringConstraints(
        max_length=254,
        strip_whitespace=True,
        pattern=r"^([A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+)?$",
    ),
]
_Phone = Annotated[str, StringConstraints(pattern=r"^(\+?[0-9][0-9 ()./-]{2,30})?$", strip_whitespace=True)]


class NewSender(Asked):
    """Whose matter it is. All may be empty: who gives no address is not told."""

    name: _Line = Field("", description="Their name.", examples=["A. de Vries"])
    email: _Email = Field("", description="Where they are told.", examples=["a.devries@example.nl"])
    phone: _Phone = Field("", description="Where they can be called.", examples=["06 12345678"])


class NewItem(Asked):
    """What somebody said or wrote, and where."""

    channel: Literal[Channel.web, Channel.desk, Channel.app, Channel.area_table] = Field(
        description="How it came in.", examples=["desk"]
    )
    source: Name | None = Field(
        None, description="At which source; needed only when the key has several of this channel.", examples=["balie"]
    )
    sender: NewSender = Field(NewSender.model_validate({}), description="Whose matter it is.")
    subject: _Line = Field("", description="What it is about, in a few words.", examples=["Lantaarnpaal kapot"])
    text: _Text = Field(description="What they said or wrote.", examples=["De lantaarnpaal voor nummer 12 is kapot."])
    occurred_at: Annotated[Moment, AfterValidator(_lately)] | None = Field(
        None, description="When it was said or filled in: terms count from there. Null, or ahead of us: now."
    )
    own_reference: _Line = Field("", description="Under which your own system knows it.", examples=["2026-00417"])

    def submission(self, attachments: tuple[Attached, ...] = ()) -> Submission:
        """Return it as the gateway knows it."""
        return Submission(
            channel=self.channel,
            subject=self.subject,
            name=self.sender.name,
            address=self.sender.email,
            phone=self.sender.phone,
            occurred_at=self.occurred_at,
            own_reference=self.own_reference,
            text=self.text,
            attachments=attachments,
        )


class SubmittedItem(Shape):
    """The item is kept: it will not be lost."""

    item_id: str
    reference: str = Field(description="What the sender can quote.", examples=["7K3M-9QXA-D"])
    received_at: Moment = Field(description="From when terms count.")
    is_decided: bool = Field(description="False: what becomes of it is not known yet. Repeat the request to ask again.")
    promise: PromiseLine | None = Field(
        description="By when the sender hears from us. Null: it is not known yet, or no date is promised."
    )
