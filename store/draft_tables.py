"""Tables of drafts and of what is to be published later."""

from __future__ import annotations
