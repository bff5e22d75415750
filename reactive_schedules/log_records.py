"""Hides credentials in what Python's loggers write."""

import contextlib
import logging
from collections.abc import Iterator
from typing import Any

from reactive_schedules import redaction

_formatter = logging.Formatter()


@contextlib.contextmanager
def redacted() -> Iterator[None]:
    """Hides credentials in all log records of this process, such as Beam's of the arguments that it does not know."""
    before = logging.getLogRecordFactory()

    def create(*arguments: Any, **options: Any) -> logging.LogRecord:
        record = before(*arguments, **options)
        with contextlib.suppress(
            TypeError, ValueError
        ):  # arguments that do not fit the message; logging reports it
            record.msg, record.args = redaction.text(record.getMessage()), ()
        if record.exc_info and record.exc_info[0]:
            record.exc_text = redaction.text(_formatter.formatException(record.exc_info))
        return record

    logging.setLogRecordFactory(create)
    try:
        yield
    finally:
        logging.setLogRecordFactory(before)
