"""A mail of 100 MB is read, and never takes more than six times its size in memory."""

from __future__ import annotations

import base64
import binascii
import json
import subprocess
import sys
from pathlib import Path

SIZE_BYTES = 100_000_000
MEMORY_FACTOR = 6.0

# In a process of its own: the high-water mark of memory is one per process and never falls.
CHILD = """
import json, sys
from pathlib import Path
from adapters.email.reading.read import read_mail
def status(name):
    return next(int(line.split()[1]) * 1024 for line in open("/proc/self/status") if line.startswith(name))
read_mail(b"From: a@b.example\\nContent-Type: text/html\\n\\n<p>De lamp in de Kerkstraat is kapot.")
before = status("VmRSS")
raw = Path(sys.argv[1]).read_bytes()
reading = read_mail(raw)
print(json.dumps([
    len(raw), status("VmHWM") - before, reading.text[:17], [[part.name, part.size_bytes] for part in reading.parts]
]))
"""


def test_mail_of_100_mb_takes_at_most_six_times_its_size(tmp_path: Path) -> None:
    base64_line = base64.b64encode(b"x" * 57) + b"\n"
    noisy_line = base64_line[:40] + b"!\x00-\n"
    uu_line = binascii.b2a_uu(b"u" * 45)
    fifth = SIZE_BYTES // 5
    attachment = (
        b"\n--r\nContent-Disposition: attachment; filename=%s\nContent-Transfer-Encoding: base64\n\n"  # name follows
    )
    pieces = [
        b'From: sanne@postbus.example\nContent-Type: multipart/mixed; boundary="r"\n\n--r\n\nDe lamp is kapot.\n',
        b"begin 644 uu.bin\n" + uu_line * (2 * fifth // len(uu_line)) + b"`\nend\n",
        b"\n--r\n\n" + b"De lamp is kapot.\n" * (fifth // 18),
        attachment % b"noisy.bin" + noisy_line * (fifth // len(noisy_line)),
        attachment % b"sound.bin" + base64_line * (fifth // len(base64_line) + 200),
        b"--r--\n",
    ]
    path = tmp_path / "large.eml"
    path.write_bytes(b"".join(pieces))

    printed = subprocess.run(
        [sys.executable, "-c", CHILD, str(path)], check=True, capture_output=True, text=True
    ).stdout

    size_bytes, taken_bytes, words, parts = json.loads(printed)
    assert size_bytes >= SIZE_BYTES
    assert taken_bytes <= MEMORY_FACTOR * size_bytes
    assert words == "De lamp is kapot."
    assert parts == [
        ["noisy.bin", 30 * (fifth // len(noisy_line))],
        ["sound.bin", 57 * (fifth // len(base64_line) + 200)],
        ["uu.bin", 45 * (2 * fifth // len(uu_line))],
    ]
