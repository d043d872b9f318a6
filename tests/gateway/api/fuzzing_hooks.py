"""What schemathesis is told about this API that no schema can say."""

from __future__ import annotations

import os
import re
from typing import Any

import schemathesis
from schemathesis.core.failures import AcceptedNegativeData
from schemathesis.openapi.checks import RejectedPositiveData

_OWN = frozenset(os.environ["INBOX_TEST_OWN_KEYS"].split(","))

_OF_MEANING = frozenset({"configuration_invalid", "document_unsound"})
"""Codes of what has its shape and cannot be done: a draft with faults."""

_BEGINNINGS_OF_MEANING = (
    "`cursor` is none of ours",
    "`reference` is none of ours",
    "`otherItemId`: there is no such item",
    "there is no such category",
    "several of the item's assignments are yours",
    "the item has several assignments",
    "the message names no address",
    "a key's name has 1 to",
    "`at` has passed",
    "`endsAt` must lie within",
    "`source` names no source",
    "`sources` names one",
    "`departments` names one",
    "name the `source`",
    "name `position` or `before`",
    "`position` lies between",
    "`before` names a rule",
    "the form has one field",
    "files are compared with",
    "a day lies outside",
    "the period ends before",
    "at most ",
    "more than ",
)
"""How the details of `bad_request` begin that no schema can say: several fields together, or what there is."""

_WITHOUT_REASON = re.compile("`[a-z]+` needs a reason")
"""Of one that holds nothing but spaces: engines differ on what a space is."""

_FAULTS_OF_MEANING = frozenset({"value_error", "overlay_fault", "out_of_bounds"})
"""Faults that `invalid_input` names and no schema can say: of several fields together, of what is in force, of bounds in
the settings."""

_CONDITION = re.compile(r"/when(/|$)")
"""How conditions are written stands in docs/configuration.md, not in the document."""


@schemathesis.hook
def filter_case(context: Any, case: Any) -> bool:
    """Drop a call that would end one of the keys that are used here: nothing after it would come further than 401."""
    return not _OWN & {str(value) for value in (case.path_parameters or {}).values()}


@schemathesis.hook
def filter_failure(context: Any, failure: Any, case: Any, response: Any) -> bool:
    """Drop the reproach that a request was refused for its meaning, or that a form took a value of another type: what
    stands in a form's field are bytes.
    """
    if isinstance(failure, AcceptedNegativeData):
        return bool(case.media_type != "multipart/form-data")
    if not isinstance(failure, RejectedPositiveData):
        return True
    problem = response.json()
    if problem["code"] == "invalid_input":
        return any(_is_of_shape(fault) for fault in problem["errors"])
    if problem["code"] == "bad_request":
        detail = problem["detail"]
        is_of_meaning = detail.startswith(_BEGINNINGS_OF_MEANING) or _WITHOUT_REASON.fullmatch(detail)
        return not is_of_meaning and not _is_without_tag(case)
    return problem["code"] not in _OF_MEANING


def _is_without_tag(case: Any) -> bool:
    """Say whether an empty If-Match was sent as one that fits: schemathesis does not hold it against its pattern."""
    return "If-Match" in case.headers and case.headers["If-Match"] == ""


def _is_of_shape(fault: dict[str, Any]) -> bool:
    return fault["code"] not in _FAULTS_OF_MEANING and not _CONDITION.search(fault["location"].get("pointer", ""))
