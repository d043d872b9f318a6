"""The process that unfolds one scan file: it sets its own limits, reads, answers and ends."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from adapters.post.child import FOLDER_PREFIX

_PAGE_BYTES = 512 << 20
"""Address space for each page that is read at the same moment: an A3 in grey, some copies of it, and its arithmetic."""


def main() -> None:
    """Answer one file on what was standard output, then end. A line of `conversation.py` says what went wrong."""
    answers = os.fdopen(os.dup(1), "wb")
    # What a library prints is no answer.
    os.dup2(2, 1)
    line = sys.stdin.buffer.readline()
    asked = json.loads(line)
    _limit(asked["memory_bytes"], asked["cpu_seconds"])
    content = sys.stdin.buffer.read(asked["size_bytes"])
    if len(content) == asked["size_bytes"]:
        threading.Thread(target=_end_with_the_worker, daemon=True).start()
        _answer(line, content, answers)
        answers.flush()
    # Without the interpreter's own farewell: threads may still be busy with what nobody wants any more.
    os._exit(0)


def _limit(memory_bytes: int, cpu_seconds: int) -> None:
    """Set the limits, which every process started from here has too; no dump of a letter is left on disk."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
    with suppress(OSError):
        # On a host too small for the limit the kernel ends somebody: rather us than the worker or its database.
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def _end_with_the_worker() -> None:
    """When the worker is gone, end everything that was started here."""
    while os.read(0, 1 << 16):
        pass
    folder = tempfile.gettempdir()
    # Only the folder that was made for this process, whoever started it.
    if Path(folder).name.startswith(FOLDER_PREFIX):
        shutil.rmtree(folder, ignore_errors=True)
    os.killpg(os.getpgrp(), signal.SIGKILL)


def _answer(line: bytes, content: bytes, answers: IO[bytes]) -> None:
    try:
        from inbox.errors import PatternInvalid, SettingsInvalid, UnreadableError

        try:
            _unfold(line, content, answers)
        except (UnreadableError, SettingsInvalid) as error:
            _say(answers, error=error.code, detail=error.detail)
        except PatternInvalid as error:
            _say(answers, error=SettingsInvalid.code, detail=error.detail)
        except ModuleNotFoundError as error:
            detail = f"`{error.name}` is missing: reading scans needs the extra `ocr`"
            _say(answers, error=SettingsInvalid.code, detail=detail)
    except Exception as error:  # noqa: BLE001 - the border: whatever it was has a name on the other side
        # Its type only: its words may be a letter's.
        _say(answers, error="reader_died", detail=f"the reading process met {type(error).__name__}")


def _unfold(line: bytes, content: bytes, answers: IO[bytes]) -> None:
    from dataclasses import replace

    from adapters.post.conversation import Asked, Done, DoneLetter
    from adapters.post.reading.unfold import unfold_scan
    from inbox.unfolding import LeftPage

    asked = Asked.model_validate_json(line)
    plan = asked.plan.as_one() if asked.is_one else asked.plan
    at_once = plan.pages.at_once or max(1, min(len(os.sched_getaffinity(0)), asked.memory_bytes // _PAGE_BYTES))
    plan = replace(plan, pages=plan.pages.model_copy(update={"at_once": at_once}))
    with tempfile.TemporaryFile() as pdfs:
        made = unfold_scan(content, asked.received_on, plan, pdfs, lambda done, of: _say(answers, done=done, of=of))
        done = Done(
            pages=made.split.pages,
            letters=tuple(
                DoneLetter(reading=one.reading, pages=one.pages, size_bytes=one.size_bytes) for one in made.letters
            ),
            remainders=tuple(LeftPage(page=left.page, kind=left.kind.value) for left in made.split.remainders),
            scanner=made.scanner,
        )
        answers.write(done.model_dump_json().encode() + b"\n")
        pdfs.seek(0)
        shutil.copyfileobj(pdfs, answers, 1 << 20)


def _say(answers: IO[bytes], **said: Any) -> None:
    answers.write(json.dumps(said).encode() + b"\n")
    answers.flush()


if __name__ == "__main__":
    main()
