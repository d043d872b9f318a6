"""Tables of simulations."""

from __future__ import annotations
