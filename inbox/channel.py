"""The seven channels through which a municipality is reached."""

from __future__ import annotations

from enum import StrEnum


class Channel(StrEnum):
    """How a message came in."""

    email = "email"
    post = "post"
    phone = "phone"
    web = "web"
    desk = "desk"
    app = "app"
    area_table = "area_table"


INTAKE_CHANNELS = (Channel.web, Channel.desk, Channel.app, Channel.area_table)
"""Those without an adapter of their own: what comes in there is handed in at the intake API."""
