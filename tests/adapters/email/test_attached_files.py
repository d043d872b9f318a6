"""Files that may show a letter are taken out of a mail in a child process, whatever the mail does."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from adapters.email.attached_files import AttachedFiles
from adapters.email.reading.scan_files import FILES_LIMIT_BYTES, scan_files
from adapters.post.reading.scan import open_scan
from inbox.attached_scans import FILES_LIMIT
from inbox.errors import MalformedMail, NotAScan, ReaderDied
from tests.adapters.email.reading.documents import pdf, with_documents

HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"x" * 50_000


def picture(kind: str = "JPEG", size: tuple[int, int] = (700, 900), shade: int = 128) -> bytes:
    out = io.BytesIO()
    Image.new("L", size, shade).save(out, kind)
    return out.getvalue()


def mail(*contents: bytes, media_type: str = "image/jpeg") -> bytes:
    return with_documents(*((f"{number}.jpg", media_type, content) for number, content in enumerate(contents)))


async def test_pictures_come_out_as_they_were_sent() -> None:
    contents = (picture(), picture("PNG"), picture("TIFF"), pdf(""))
    assert await AttachedFiles()(mail(*contents, media_type="application/octet-stream")) == contents


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(picture(size=(1600, 599)), id="a logo"),
        pytest.param(b"\xff\xd8\xff\xe0" + b"x" * 50_000, id="no picture at all"),
        pytest.param(pdf("Een echte tekst."), id="a document with words"),
        pytest.param(b"GIF89a" + b"\x00" * 50_000, id="a kind that is not read"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_what_shows_no_page_is_left_alone(content: bytes) -> None:
    assert scan_files(mail(content, media_type="application/octet-stream")) == []


@pytest.mark.parametrize("media_type", ["image/heic", "application/octet-stream"])
def test_a_photograph_that_nobody_here_opens_comes_out_to_be_refused_by_name(media_type: str) -> None:
    assert scan_files(mail(HEIC, media_type=media_type)) == [HEIC]
    with pytest.raises(NotAScan):
        open_scan(HEIC)


def test_a_false_name_changes_nothing() -> None:
    assert scan_files(with_documents(("factuur.doc", "application/octet-stream", picture()))) == [picture()]


def test_the_same_picture_twice_is_one() -> None:
    assert scan_files(mail(picture(), picture(), picture(shade=3))) == [picture(), picture(shade=3)]


def test_so_many_and_no_more() -> None:
    pictures = [picture(shade=shade) for shade in range(FILES_LIMIT + 3)]
    assert scan_files(mail(*pictures)) == pictures[:FILES_LIMIT]


def test_a_heavy_file_leaves_room_for_the_light_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    light, heavy = picture(), picture(size=(2000, 2000)) + b"\x00" * 50_000
    monkeypatch.setattr("adapters.email.reading.scan_files.FILES_LIMIT_BYTES", len(light) + 10)
    assert scan_files(mail(heavy, light)) == [light]
    assert FILES_LIMIT_BYTES > 25 << 20


async def test_a_mail_without_pictures_has_none() -> None:
    assert await AttachedFiles()(b"Subject: Kort\n\nDe lantaarn is kapot.\n") == ()


async def test_what_is_no_mail_is_named() -> None:
    with pytest.raises(MalformedMail):
        await AttachedFiles()(b"\x00\xff" * 1000)


async def test_a_child_that_needs_too_much_is_named() -> None:
    with pytest.raises(ReaderDied, match="longer than"):
        await AttachedFiles(answer_bytes=100)(mail(picture()))
