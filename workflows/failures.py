"""The one place where our errors become Temporal's: a code and a ledger id, never anybody's words."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from functools import wraps
from typing import TypeVar

import structlog
from temporalio.api.failure.v1 import Failure
from temporalio.converter import DataConverter, DefaultFailureConverter, PayloadConverter
from temporalio.exceptions import ApplicationError, FailureError

from inbox.errors import DestinationPaused, GatewayError, StoreUnavailable
from store.events import record_failure
from store.ledger import Ledger
from workflows.outage import Outage

log = structlog.get_logger()

Outcome = TypeVar("Outcome")


class CodesOnly(DefaultFailureConverter):
    """Writes no foreign exception's words and no stack into a history (invariant 4)."""

    def to_failure(self, exception: BaseException, payload_converter: PayloadConverter, failure: Failure) -> None:
        """Write failures of ours and of Temporal as they are, everything else as its type's name."""
        if not isinstance(exception, FailureError):
            exception = ApplicationError("unexpected", type=type(exception).__name__)
        super().to_failure(exception, payload_converter, failure)
        _strip(failure)


def _strip(failure: Failure) -> None:
    failure.stack_trace = ""
    if failure.HasField("cause"):
        _strip(failure.cause)


def data_converter() -> DataConverter:
    """Return the converter for every client and worker of the gateway."""
    return replace(DataConverter.default, failure_converter_class=CodesOnly)


def border(
    ledger: Ledger, outage: Outage, work: Callable[[str], Awaitable[Outcome]]
) -> Callable[[str], Awaitable[Outcome]]:
    """Wrap an activity: what it raises is stored in the ledger, and only code and failure id leave it.

    Everything is worth another attempt: what is final, the activity itself has settled in the ledger.
    """

    @wraps(work)
    async def guarded(subject_id: str) -> Outcome:
        try:
            outcome = await work(subject_id)
        except asyncio.CancelledError:
            raise
        except StoreUnavailable as error:
            # The ledger itself may be away, so that nothing can be written there.
            outage.failed(error)
            raise ApplicationError(error.code, type=error.code) from None
        except DestinationPaused as error:
            # A person wants it so, perhaps for days: it stands on the forward, and is no failure.
            pause = timedelta(seconds=error.retry_after_seconds)
            raise ApplicationError(error.code, type=error.code, next_retry_delay=pause) from None
        except GatewayError as error:
            raise await _told(ledger, subject_id, error, error.code) from None
        except Exception as error:  # noqa: BLE001  the border: stored with a code, tried again, visible
            log.error("unexpected", subject=subject_id, type=type(error).__name__)
            raise await _told(ledger, subject_id, error, "unexpected") from None
        outage.worked()
        return outcome

    return guarded


async def _told(ledger: Ledger, subject_id: str, error: Exception, code: str) -> ApplicationError:
    try:
        failure_id = await record_failure(ledger, subject_id, error)
    except Exception as failed:  # noqa: BLE001  the ledger may be the one that fails: the code must leave, no words
        log.error("failure_not_stored", subject=subject_id, code=code, type=type(failed).__name__)
        failure_id = "not stored"
    delay = getattr(error, "retry_after_seconds", None)
    return ApplicationError(
        code, failure_id, type=code, next_retry_delay=timedelta(seconds=min(delay, 7200)) if delay else None
    )
