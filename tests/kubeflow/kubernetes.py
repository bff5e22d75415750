"""What Kubernetes does with the arguments of a container: it expands variables, and Linux limits their size."""

import json
import re
from collections.abc import Mapping
from typing import TypeVar

from google.protobuf import json_format
from google.protobuf.message import Message

LIMIT = 131_072
"""Bytes of one argument with the NUL that ends it (Linux' MAX_ARG_STRLEN)."""

AnyMessage = TypeVar("AnyMessage", bound=Message)


class TooLong(Exception):
    """A container cannot start, because one of its arguments is too long."""


def expanded(text: str, env: Mapping[str, str]) -> str:
    """`$(NAME)` becomes the variable's value if there is one, `$$` becomes `$`, and `$$(NAME)` becomes `$(NAME)`."""

    def replaced(found: re.Match[str]) -> str:
        if found[0] == "$$":
            return "$"
        return env.get(found[1], found[0])

    return re.sub(r"\$\$|\$\(([^)]*)\)", replaced, text)


def passed(message: AnyMessage, env: Mapping[str, str]) -> AnyMessage:
    """A message after its way through an argument, as JSON.

    Raises:
        TooLong: It is longer than an argument may be.
    """
    text = json.dumps(json_format.MessageToDict(message), ensure_ascii=False, separators=(",", ":"))
    if (size := len(text.encode())) >= LIMIT:
        raise TooLong(f"Argument list too long: {size} bytes")
    return json_format.Parse(expanded(text, env), type(message)())
