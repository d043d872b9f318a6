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
