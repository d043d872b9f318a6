"""What schemathesis is told about this API that no schema can say."""

from __future__ import annotations

import os
from typing import Any

import schemathesis
from schemathesis.openapi.checks import RejectedPositiveData

_OWN = frozenset(os.environ["INBOX_TEST_OWN_KEYS"].split(","))

_OF_MEANING = frozenset({"bad_request", "configuration_invalid", "document_unsound"})
"""Codes of what has its shape and cannot be done: a cursor that we never gave, a draft with faults. A fault of shape is
`invalid_input`, and of those these alone are of meaning: what a validator of several fields says, and of an overlay."""

_FAULTS_OF_MEANING = frozenset({"value_error", "overlay_fault"})


@schemathesis.hook
def filter_case(context: Any, case: Any) -> bool:
    """Drop a call that would end one of the keys that are used here: nothing after it would come further than 401."""
    return not _OWN & {str(value) for value in (case.path_parameters or {}).values()}


@schemathesis.hook
def filter_failure(context: Any, failure: Any, case: Any, response: Any) -> bool:
    """Drop the reproach that a request of the right shape was refused for its meaning."""
    if not isinstance(failure, RejectedPositiveData):
        return True
    problem = response.json()
    if problem["code"] == "invalid_input":
        return any(fault["code"] not in _FAULTS_OF_MEANING for fault in problem["errors"])
    return problem["code"] not in _OF_MEANING
