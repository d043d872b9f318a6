"""A content measured in pieces is the content decoded at once."""

from __future__ import annotations

import base64
import hashlib
import quopri

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from adapters.email.reading.limits import HEAD_LIMIT
from adapters.email.reading.transfer import Digest, digest, from_transfer

BASE64 = st.lists(
    st.one_of(
        st.binary(max_size=40).map(base64.b64encode),
        st.sampled_from([b"=", b"==", b"=\r\n=", b"\r\n", b" ", b"!", b"Y", b"YQ", b"YWI"]),
    ),
    max_size=12,
).map(b"".join)
PRINTABLE = st.lists(
    st.one_of(
        st.binary(max_size=40).map(quopri.encodestring),
        st.sampled_from([b"=", b"==", b"=C3", b"=\r\n", b"= \n", b"\n", b" \n", b"abcdefgh"]),
    ),
    max_size=12,
).map(b"".join)


def at_once(raw: bytes, encoding: str) -> Digest:
    content, is_sound = from_transfer(raw, encoding)
    return Digest(len(content), hashlib.sha256(content).hexdigest(), content[:HEAD_LIMIT], is_sound)


@given(BASE64, st.integers(1, 30))
@example(b"YQ=", 1)
@example(b"YQ= =", 2)
@example(b"YQ==YQ==", 3)
@example(b"YQ", 1)
@settings(max_examples=400, deadline=None)
def test_base64_in_pieces_is_base64_at_once(raw: bytes, chunk: int) -> None:
    assert digest(b"kop" + raw, 3, 3 + len(raw), "base64", chunk=chunk, whole=0) == at_once(raw, "base64")


@given(PRINTABLE, st.integers(1, 30))
@example(b"=C3=A9" * 9, 1)
@settings(max_examples=400, deadline=None)
def test_quoted_printable_in_pieces_is_quoted_printable_at_once(raw: bytes, chunk: int) -> None:
    measured = digest(b"kop" + raw, 3, 3 + len(raw), "Quoted-Printable", chunk=chunk, whole=0)

    assert measured == at_once(raw, "quoted-printable")


@pytest.mark.parametrize("encoding", ["", "8bit", "binary", "x-onbekend"])
def test_other_encodings_give_the_bytes_as_they_stand(encoding: str) -> None:
    assert digest(b"kopromp", 3, 7, encoding) == at_once(b"romp", encoding)
