"""Mutations of documents and files, for property tests: what is damaged, mistyped or hostile."""

import copy
import datetime
from collections.abc import Callable, Iterator
from typing import Any

from hypothesis import strategies as st

ODD: list[Any] = [
    None, True, False, -1, 0, 1, 2**31, 10**18, -(2**63), 10**400, 0.5, -0.0, 1e308, float("nan"), float("inf"),
    "", " ", "x" * 5000, "a\0b", "a\nb", "\x1b[31m", "\u2028", "é", "\u0663", "..", "/", "~", "1_1", "0x10", "1e400",
    "1e5000000%", "9" * 400 + "st", "5ep 3st", "-5ep", "null", "{{x}}", "*?[", "val_loss", "sgd", "cosine",
    [], [[]], {}, [None], {"": None}, {"a": {"b": []}}, {"low": 1, "high": 10**18}, {"low": "1ep", "high": "3%"},
    {1: 2}, {None: 1}, {(1, 2): 3}, datetime.date(2024, 1, 1), b"bytes", {"x"}, [0] * 1000,
]  # fmt: skip
"""Values that some place of a document should not have."""


def fault(expected: type[Exception], call: Callable[[], Any]) -> str:
    """The message of the expected error; empty if the call succeeds. Any other error is raised."""
    try:
        call()
    except expected as error:
        return str(error)
    return ""


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container of a document, with each of its keys or indices."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield value, key
        yield from _places(inner)


@st.composite
def documents(draw: st.DrawFn, original: Any) -> Any:
    """The document after one to three mutations: a value deleted, repeated, swapped, replaced, or a key misspelt."""
    document = copy.deepcopy(original)
    for _ in range(draw(st.integers(1, 3))):
        places = list(_places(document))
        if not places:
            break
        container, key = draw(st.sampled_from(places))
        match draw(st.sampled_from(["delete", "repeat", "swap", "replace", "replace", "misspell", "nest"])):
            case "delete":
                del container[key]
            case "repeat" if isinstance(container, list):
                container.insert(key, container[key])
            case "repeat" | "swap":
                other, there = draw(st.sampled_from(places))
                container[key], other[there] = copy.deepcopy(other[there]), copy.deepcopy(container[key])
            case "misspell" if isinstance(container, dict) and isinstance(key, str):
                container[key[:-1] + draw(st.sampled_from(["", "x", "\n", " "]))] = container.pop(key)
            case "nest":
                for _ in range(draw(st.sampled_from([1, 3, 60]))):
                    container[key] = [container[key]]
            case _:
                container[key] = copy.deepcopy(draw(st.sampled_from(ODD)))
    return document


@st.composite
def contents(draw: st.DrawFn, original: bytes) -> bytes:
    """The content of a file after one to three mutations: bytes cut off, changed, removed, inserted or repeated."""
    content = original
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(content)))
        to = draw(st.integers(at, min(len(content), at + 40)))
        match draw(st.sampled_from(["cut", "change", "remove", "insert", "repeat"])):
            case "cut":
                content = content[:at]
            case "change" | "insert" as how:
                new = draw(
                    st.one_of(
                        st.binary(max_size=8),
                        st.sampled_from(list("{}[]:,&*!|>%@`\"'#-?\t\n")).map(str.encode),
                    )
                )
                content = content[:at] + new + content[to if how == "change" else at :]
            case "remove":
                content = content[:at] + content[to:]
            case _:
                content = content[:to] + content[at:to] + content[to:]
    return content
