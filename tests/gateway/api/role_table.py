"""The table in docs/roles.md, made from the OpenAPI document.

`python -m tests.gateway.api.role_table` writes it anew.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from gateway.api.app import api_document
from store.keys import Role

PAGE = Path(__file__).parents[3] / "docs" / "roles.md"
BEGIN, END = "<!-- table: begins -->", "<!-- table: ends -->"


def role_table(document: dict[str, Any]) -> str:
    """Return the table: a line for each operation, a column for each role."""
    lines = [
        f"| operation | {' | '.join(Role)} | nobody |",
        "|---|" + ":-:|" * (len(Role) + 1),
    ]
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            is_public = not operation["security"]
            marks = [_mark(is_public or role in operation["x-roles"]) for role in Role]
            lines.append(f"| `{method.upper()} /v1{path}` | {' | '.join([*marks, _mark(is_public)])} |")
    return "\n".join(lines)


def _mark(may: bool) -> str:
    return "●" if may else " "


def with_table(page: str, table: str) -> str:
    """Return the page with this table in it."""
    return re.sub(f"{BEGIN}.*{END}", lambda _: f"{BEGIN}\n{table}\n{END}", page, flags=re.DOTALL)


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8"), role_table(api_document())), encoding="utf-8")
