"""Puts right what MLMD's client of PostgreSQL does wrong.

- It takes ` E'…'`, the form in which PostgreSQL's own library quotes a text with a backslash, for `'…'`: the statement
  fails, or does what the text says. JSON in JSON is full of backslashes. The store gets `STAND_IN` in their place.
- Two runs that register a type at the same time get two types of one name. They do it one after another.
"""

import functools
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

BACKSLASH, STAND_IN = "\\", "\x1f"
"""The second is U+001F, a control character that no text of a run contains: in JSON it must be escaped."""

_REGISTERING = {"PutArtifactType", "PutExecutionType", "PutContextType", "PutTypes"}


@functools.cache
def put_right(alone: Callable[[Any], AbstractContextManager[None]]) -> None:
    """Changes how every `MetadataStore` of this process that is on PostgreSQL sends and returns.

    Args:
        alone: Keeps others from registering types while it is entered; takes the store's connection config.
    """
    from ml_metadata.metadata_store.metadata_store import MetadataStore

    original = MetadataStore._pywrap_cc_call

    def call(self: MetadataStore, method: Any, request: Any, response: Any) -> None:
        if not self._config.HasField("postgresql"):
            original(self, method, request, response)
            return
        sent = type(request)()
        sent.CopyFrom(request)
        _replace(sent, BACKSLASH, STAND_IN)
        registers = type(request).__name__.removesuffix("Request") in _REGISTERING
        with alone(self._config) if registers else nullcontext():
            original(self, method, sent, response)
        _replace(response, STAND_IN, BACKSLASH)

    MetadataStore._pywrap_cc_call = call


def _replace(message: Any, old: str, new: str) -> None:
    """Replaces a character in every text of a protocol message, in place.

    Raises:
        ValueError: The new one occurs in it, or the old one in the name of a property.
    """
    for field, value in message.ListFields():
        if field.message_type and field.message_type.GetOptions().map_entry:
            if any(old in key for key in value if isinstance(key, str)):
                raise ValueError("names of properties cannot contain a backslash or U+001F")
            of = field.message_type.fields_by_name["value"]
            if of.message_type:
                for each in value.values():
                    _replace(each, old, new)
        elif field.message_type:
            for each in value if field.is_repeated else (value,):
                _replace(each, old, new)
        elif field.type == field.TYPE_STRING:
            texts = [_replaced(each, old, new) for each in (value if field.is_repeated else (value,))]
            if field.is_repeated:
                value[:] = texts
            else:
                setattr(message, field.name, texts[0])


def _replaced(text: str, old: str, new: str) -> str:
    if new == STAND_IN and new in text:
        raise ValueError("a text for the metadata store cannot contain U+001F")
    return text.replace(old, new)
