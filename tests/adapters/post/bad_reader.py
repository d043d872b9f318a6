"""A process in the place of the one that reads; what the file says is what it does."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

from adapters.post.unfolding_process import _limit

TOLD = b'{"done": 1, "of": 3}\n'
DONE = b'{"pages": 1, "letters": [{"reading": {"channel": "post"}, "pages": [1], "size_bytes": %d}], "remainders": [], "scanner": []}\n'


def main() -> None:
    asked = json.loads(sys.stdin.buffer.readline())
    _limit(asked["memory_bytes"], asked["cpu_seconds"])
    file = sys.stdin.buffer.read(asked["size_bytes"]).decode()
    say, done = sys.stdout.buffer, file.partition(" ")[0]
    say.write(TOLD)
    say.flush()
    match done:
        case "eats":
            held = []
            while True:
                held.append(bytearray(64 << 20))
        case "crashes":
            os.kill(os.getpid(), signal.SIGSEGV)
        case "hangs":
            subprocess.Popen(["sleep", "60"])
            time.sleep(60)
        case "rambles":
            say.write(b"Geachte heer, mevrouw\n")
        case "endless":
            while True:
                say.write(b"x" * (1 << 20))
        case "backwards":
            say.write(b'{"done": 0, "of": 3}\n')
        case "huge":
            say.write(DONE % (2 << 30))
        case "cut":
            say.write(DONE % 100 + b"%PDF-")
        case "more":
            say.write(DONE % 5 + b"%PDF-" + b"and another letter")
        case "loses":
            say.write(b'{"pages": 2, "letters": [], "remainders": [{"page": 1, "kind": "blank"}], "scanner": []}\n')
        case "prints":
            say.write(b'{"error": "scan_locked", "detail": "the PDF asks for a password"}\n')
        case "silent":
            pass
    say.flush()


if __name__ == "__main__":
    main()
