"""Logs: JSON lines on standard error, codes and ids only. The words of messages and errors stay in the ledger."""

from __future__ import annotations

import logging
import sys
import threading
from types import TracebackType

import structlog

log = structlog.get_logger()


def set_up_logging(level: int = logging.INFO) -> None:
    """Set up our own log, and let foreign libraries speak from warnings on, without their details.

    What nobody catches, and Python itself would print with its words, is logged by its type and place.
    """
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_NamesOnly())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
    sys.excepthook = _say_uncaught
    threading.excepthook = lambda caught: _say_uncaught(caught.exc_type, caught.exc_value, caught.exc_traceback)
    sys.unraisablehook = lambda caught: _say_uncaught(caught.exc_type, caught.exc_value, caught.exc_traceback)


def _say_uncaught(kind: type[BaseException], _: BaseException | None, trace: TracebackType | None) -> None:
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}" if trace is not None else ""
    log.error("uncaught", type=kind.__name__, at=place)


class _NamesOnly(logging.Formatter):
    """Foreign libraries quote whatever they were given, so that only who spoke and how loud is written."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one JSON line without the message."""
        kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else ""
        return (
            f'{{"event": "library_spoke", "logger": "{record.name}", "level": "{record.levelname.lower()}",'
            f' "at": "{record.module}:{record.lineno}", "type": "{kind}"}}'
        )
