"""Mutations of documents and files: what is damaged, mistyped or hostile. Property tests and the fault test use them."""

import copy
import datetime
import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

ODD: list[Any] = [
    None, True, False, -1, 0, 1, 2**31, 10**18, -(2**63), 10**400, 0.5, -0.0, 1e308, float("nan"), float("inf"),
    "", " ", "x" * 5000, "x" * 100_000, "\0", "a\0b", "a\nb", "\x1b[31m", "[red]x", "\u2028", "\ud800", "é", "\u0663",
    "..", "../..", "/", "~", "1_1", "0x10", "1e400", "1e5000000%", "9" * 400 + "st", "5ep 3st", "-5ep", "null", "nan",
    "{{x}}", "*?[", "val_loss", "sgd", "cosine", "os.system", "pipeline.models", "a.b.c",
    [], [[]], ["x", 1, None], [0] * 1000, list(range(1000)), {}, [None], {"": None}, {"": {}}, {"a": {"b": []}},
    {"low": 1, "high": 10**18}, {"low": 2, "high": 1}, {"low": "1ep", "high": "3%"}, {1: 2}, {None: 1}, {None: None},
    {(1, 2): 3}, datetime.date(2024, 1, 1), b"bytes", b"\xff", {"x"},
]  # fmt: skip
"""Values that some place of a document should not have."""

ODD_BYTES = [
    *(character.encode() for character in "{}[]:,&*!|>%@`\"'#-?\t\r\n\0"),
    *(b"\xff\xfe", b"\xef\xbb\xbf", b"- ", b"1e999", b"&a [*a]", b"!!python/name:os.system"),
]
"""Bytes that some place of a file should not have."""


def fault(expected: type[Exception], call: Callable[[], Any]) -> str:
    """The message of the expected error; empty if the call succeeds. Any other error is raised."""
    try:
        call()
    except expected as error:
        return str(error)
    return ""


def flip(file: Path, place: int = 0, bit: int = 0) -> None:
    """Flips a bit of a file, which is written anew, in case it shares its content with another by a hard link."""
    changed = bytearray(file.read_bytes())
    changed[place] ^= 1 << bit
    file.unlink()
    file.write_bytes(changed)


def replace(file: Path, old: str, new: str) -> None:
    """Writes a new file of the same size and time in the place of another, as rsync and tar do."""
    times, part = file.stat(), file.with_suffix(".part")
    part.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    os.utime(part, ns=(times.st_atime_ns, times.st_mtime_ns))
    part.replace(file)


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container of a document, with each of its keys or indices."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield value, key
        yield from _places(inner)


def document(original: Any, chance: random.Random) -> Any:
    """The document after one to three mutations: a value deleted, repeated, swapped, replaced, or a key misspelt."""
    mutated = copy.deepcopy(original)
    for _ in range(chance.randint(1, 3)):
        places = list(_places(mutated))
        if not places:
            break
        container, key = chance.choice(places)
        match chance.choice(["delete", "repeat", "swap", "replace", "replace", "misspell", "nest"]):
            case "delete":
                del container[key]
            case "repeat" if isinstance(container, list):
                container.insert(key, container[key])
            case "repeat" | "swap":
                other, there = chance.choice(places)
                container[key], other[there] = copy.deepcopy(other[there]), copy.deepcopy(container[key])
            case "misspell" if isinstance(container, dict) and isinstance(key, str):
                container[key[:-1] + chance.choice(["", "x", "\n", " "])] = container.pop(key)
            case "nest":
                for _ in range(chance.choice([1, 3, 60])):
                    container[key] = [container[key]]
            case _:
                container[key] = copy.deepcopy(chance.choice(ODD))
    return mutated


def content(original: bytes, chance: random.Random) -> bytes:
    """The content of a file after one to three mutations: bytes cut off, changed, removed, inserted, moved, repeated."""
    mutated = original
    for _ in range(chance.randint(1, 3)):
        start = chance.randint(0, len(mutated))
        stop = min(len(mutated), start + chance.choice([1, 8, 64, len(mutated)]))
        before, part, after = mutated[:start], mutated[start:stop], mutated[stop:]
        match chance.choice(["cut", "remove", "flip", "change", "insert", "move", "repeat"]):
            case "cut":
                mutated = before
            case "remove":
                mutated = before + after
            case "flip" if part:
                mutated = before + bytes([part[0] ^ 1 << chance.randrange(8)]) + part[1:] + after
            case "change":
                mutated = before + chance.randbytes(min(len(part), 64)) + after
            case "move":
                mutated = after + part + before
            case "repeat":
                mutated = before + part + part[:1000] * chance.choice([1, 2, 100]) + after
            case _:
                mutated = before + chance.choice(ODD_BYTES) + chance.choice([part, b""]) + after
    return mutated


def documents(original: Any) -> st.SearchStrategy[Any]:
    """Mutations of a document, for Hypothesis."""
    return st.randoms(use_true_random=False).map(lambda chance: document(original, chance))


def contents(original: bytes) -> st.SearchStrategy[bytes]:
    """Mutations of the content of a file, for Hypothesis."""
    return st.randoms(use_true_random=False).map(lambda chance: content(original, chance))
