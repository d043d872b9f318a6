"""Tables of flags, their alerts, and emergency overlays."""

from __future__ import annotations
