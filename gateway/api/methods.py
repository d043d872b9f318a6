"""Methods that a path knows: any other is answered with those (RFC 9110 section 15.5.6), and HEAD as GET without its body."""

from __future__ import annotations

import re
from collections.abc import Iterable

from fastapi.routing import APIRoute
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.api.problems import problem_response

_PLACEHOLDER = re.compile(r"\{[^/]+?\}")


class Methods:
    """Stands before the routes: of several paths that fit, the one with the fewest placeholders is meant.

    So is `/items/release` never an item of that name, and `/drafts/…/diff` never a part of a draft.
    """

    def __init__(self, app: ASGIApp, routes: Iterable[BaseRoute]) -> None:
        """`app`: what answers. `routes`: all that it has."""
        self._app = app
        by_path: dict[str, set[str]] = {}
        for route in routes:
            if isinstance(route, APIRoute):
                by_path.setdefault(route.path, set()).update(route.methods or ())
        ordered = sorted(by_path, key=lambda path: len(_PLACEHOLDER.findall(path)))
        self._known = [(_pattern(path), frozenset(by_path[path])) for path in ordered]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        methods = self._methods(scope["path"]) if scope["type"] == "http" else None
        if methods is None:
            await self._app(scope, receive, send)
        elif scope["method"] == "HEAD" and "GET" in methods:
            await self._app({**scope, "method": "GET"}, receive, _without_body(send))
        elif scope["method"] in methods:
            await self._app(scope, receive, send)
        else:
            allowed = ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))
            answer = problem_response("method_not_allowed", f"possible are: {allowed}", headers={"Allow": allowed})
            await answer(scope, receive, send)

    def _methods(self, path: str) -> frozenset[str] | None:
        return next((methods for pattern, methods in self._known if pattern.fullmatch(path)), None)


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile("[^/]+".join(re.escape(piece) for piece in _PLACEHOLDER.split(path)))


def _without_body(send: Send) -> Send:
    async def sent(message: Message) -> None:
        await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

    return sent
