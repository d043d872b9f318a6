"""Whatever address a configuration may hold, a notice to it can be rendered: one that cannot would keep an alert back."""

from __future__ import annotations

from email import message_from_bytes, policy

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from adapters.email.notice import MailNotices
from inbox.configuration.shapes import Address
from inbox.ports import NoticeMail

ADDRESS: TypeAdapter[str] = TypeAdapter(Address)


def rendered_to(address: str) -> str:
    """Return the address that stands in the rendered mail."""
    notice = NoticeMail(
        to_address=address,
        subject="Signaal",
        body="Lees het bericht.",
        message_id="een@gemeente.test",
        reference="7K3M-9QXA-D",
        loop_mark="mark",
        in_reply_to="",
        references=(),
    )
    _, message = MailNotices("kcc@gemeente.test", "Gemeente")(notice)
    return str(message_from_bytes(message, policy=policy.default)["To"].addresses[0].addr_spec)


@pytest.mark.parametrize(
    "address",
    [
        "x@[1.2.3", "a:b;@x.nl", ":;@x.nl", "a,b@x.nl", "a(b@x.nl", "x@(", "a[b@x.nl", "a\\@b.nl", "a@b@c.nl",
        ".@.", "a..b@x.nl", "a.@x.nl", "x@y.", "x\x00y@z.nl", "x\x1by@z.nl", " x@y.nl", "a;@x.nl", "a@b,c",
    ],
)  # fmt: skip
def test_what_no_header_holds_as_it_stands_is_refused(address: str) -> None:
    with pytest.raises(ValidationError):
        ADDRESS.validate_python(address)


@pytest.mark.parametrize("address", ["piket@gemeente.nl", "o'neill+kcc.1@mail.gemeente.nl", "x@localhost"])
def test_usual_ones_are_taken_and_rendered(address: str) -> None:
    assert rendered_to(ADDRESS.validate_python(address)) == address


@given(st.text(max_size=8), st.text(max_size=8))
def test_every_one_that_is_taken_can_be_rendered(local: str, domain: str) -> None:
    try:
        address = ADDRESS.validate_python(f"{local}@{domain}")
    except ValidationError:
        return
    rendered_to(address)


@given(st.from_regex(r"\A[!-~]{1,8}@[!-~]{1,8}\Z"))
def test_of_ascii_every_one_that_is_taken_stands_there_as_it_is(address: str) -> None:
    try:
        taken = ADDRESS.validate_python(address)
    except ValidationError:
        return
    if "=?" not in taken:
        assert rendered_to(taken) == taken
