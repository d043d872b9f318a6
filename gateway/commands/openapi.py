"""`gateway openapi`: the API document, made from the code alone."""

from __future__ import annotations

import json
import sys

from gateway.api.app import api_document


def openapi() -> None:
    """Print the document."""
    sys.stdout.write(json.dumps(api_document(), indent=2, ensure_ascii=False) + "\n")
