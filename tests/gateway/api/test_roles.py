"""The table of roles, walked both ways: from the OpenAPI document to the guard, and from the guard to the page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gateway.api.access import BY_PASSWORD, ROLES
from gateway.api.app import api_document
from store.keys import Role, make_key, revoke_key
from tests.gateway.api.calling import OPERATIONS, call
from tests.gateway.api.issuing import Issuer
from tests.gateway.api.role_table import PAGE, role_table, with_table
from tests.gateway.api.world import Headers, World

KEPT_FROM_PUBLISHERS = ("/items", "/tasks", "/calls", "/call-logs", "/reachability/calls")


def test_every_operation_stands_in_the_table_of_roles_and_nothing_else_does() -> None:
    assert {operation["operationId"] for _, _, operation in OPERATIONS} == set(ROLES)
    assert set(ROLES) >= BY_PASSWORD


def test_the_page_of_roles_is_the_table_of_the_code() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == with_table(page, role_table(api_document())), "run: python -m tests.gateway.api.role_table"


def test_a_role_is_described_on_the_page() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert [role for role in Role if f"| `{role}` |" not in page] == []


@pytest.mark.parametrize("role", [Role.publisher, Role.monitor, Role.intake])
def test_who_reads_no_message_reaches_no_operation_on_messages(role: Role) -> None:
    reached = [
        (path, method)
        for path, method, operation in OPERATIONS
        if path.startswith(KEPT_FROM_PUBLISHERS) and role in (ROLES[operation["operationId"]] or ())
    ]
    assert reached == ([("/items", "post")] if role is Role.intake else [])


def test_an_administrator_may_do_all_but_hand_in() -> None:
    kept = {name for name, roles in ROLES.items() if roles is not None and Role.admin not in roles}
    assert kept == {"submitItem", "receiveCallRecords"}


def test_a_reader_changes_nothing() -> None:
    changing = [
        operation["operationId"]
        for _, method, operation in OPERATIONS
        if method != "get" and Role.reader in (ROLES[operation["operationId"]] or ())
    ]
    assert changing == []


async def _everybody(world: World, issuer: Issuer) -> dict[str, tuple[Role | None, Headers | None]]:
    """Return what may stand in a request → the role that it gives; None: it opens nothing."""
    found: dict[str, tuple[Role | None, Headers | None]] = {"nothing": (None, None)}
    for role in Role:
        departments = ["kcc"] if role is Role.department else None
        found[f"key: {role}"] = (role, await world.key(role, departments))
        if role is not Role.intake:
            found[f"token: {role}"] = (role, issuer.headers(roles=[f"gateway-{role}"], departments=departments))
    revoked = await make_key(world.ledger, "ingetrokken", Role.admin)
    await revoke_key(world.ledger, revoked.split("_")[1])
    over = datetime.now(UTC) - timedelta(minutes=5)
    expired = await make_key(world.ledger, "verlopen", Role.admin, expires_at=over)
    for name, proof in (("revoked key", revoked), ("expired key", expired)):
        found[name] = (None, {"Authorization": f"Bearer {proof}"})
    found["expired token"] = (None, issuer.headers(roles=["gateway-admin"], exp=int(over.timestamp())))
    return found


async def test_each_operation_lets_in_exactly_the_roles_of_the_document(signed_in: World, issuer: Issuer) -> None:
    everybody = await _everybody(signed_in, issuer)
    wrong = []
    for path, method, operation in OPERATIONS:
        is_public, roles = not operation["security"], operation["x-roles"]
        for who, (role, headers) in everybody.items():
            status = (await call(signed_in, path, method, headers)).status_code
            if is_public or role in roles:
                is_right = status not in (401, 403)
            else:
                is_right = status == (401 if role is None else 403)
            if not is_right:
                wrong.append((method, path, who, status))
    assert wrong == []
