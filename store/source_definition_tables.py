"""Tables of sources that are made over the API."""

from __future__ import annotations
