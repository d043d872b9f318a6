"""What an extra brings is asked for only where it is used."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_a_worker_for_mail_needs_nothing_of_the_extras_ocr_and_letters() -> None:
    code = (
        "import sys\n"
        "for name in ('numpy', 'PIL', 'pdfplumber', 'pytesseract', 'zxingcpp', 'reportlab'): sys.modules[name] = None\n"
        "import gateway.bootstrap, workflows.worker, adapters.email.reading.read, adapters.post.unfolder"
    )
    ran = subprocess.run([sys.executable, "-c", code], check=False, cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
