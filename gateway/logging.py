"""Logs: JSON lines on standard error, codes and ids only. The words of messages and errors stay in the ledger."""

from __future__ import annotations

import logging
import sys

import structlog


def set_up_logging(level: int = logging.INFO) -> None:
    """Set up our own log, and let foreign libraries speak from warnings on, without their details."""
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


class _NamesOnly(logging.Formatter):
    """Foreign libraries quote whatever they were given, so that only who spoke and how loud is written."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one JSON line without the message."""
        kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else ""
        return (
            f'{{"event": "library_spoke", "logger": "{record.name}", "level": "{record.levelname.lower()}",'
            f' "at": "{record.module}:{record.lineno}", "type": "{kind}"}}'
        )
