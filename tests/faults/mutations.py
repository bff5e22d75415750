"""Mutated configurations and data files, read as a run reads them before it starts."""

import copy
import multiprocessing
import random
import struct
import traceback
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import yaml

from tests.conftest import ROOT
from tests.faults.outcomes import Outcome
from tests.faults.subject import CONFIG, Subject

LIMIT_SECONDS = 120
"""Reading takes milliseconds; what takes longer hangs."""

LONGEST_LINE = 2000
"""Characters of a message that can still be read."""

HOSTILE: tuple[Any, ...] = (
    *(
        None,
        True,
        -1,
        0,
        10**18,
        10**400,
        1e308,
        float("nan"),
        float("inf"),
        "",
        "x" * 100_000,
        "\0",
        "../..",
        "nan",
    ),
    *(
        "1e5000000%",
        "1e400",
        "1_1",
        "[red]x",
        "\ud800",
        b"\xff",
        [],
        {},
        [[]],
        {"": {}},
        {1: 2},
        {None: None},
    ),
    *("os.system", "pipeline.models", "a.b.c", list(range(1000)), {"low": 2, "high": 1}, ["x", 1, None]),
)


def campaign(folder: Path, count: int, seed: int) -> Iterator[Outcome]:
    """Reads mutated configurations and data files.

    Args:
        folder: New folder.
        count: Number of mutations.
        seed: Seed of the mutations.
    """
    subject, chance = Subject.create(folder), random.Random(seed)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        ["pipeline.config.load", "pipeline.config.prepare", "pipeline.data.inspection"]
    )
    makers: tuple[Callable[[Subject, random.Random], Path], ...] = (
        _configuration,
        _configuration_bytes,
        _csv,
        _tfrecord,
    )
    for number in range(count):
        make = makers[number % len(makers)]
        config = make(subject, chance)
        receiver, sender = context.Pipe(duplex=False)
        process = context.Process(target=_read, args=(config, folder / "workspace", sender))
        process.start()
        kind, kept = (
            f"mutated {make.__name__.strip('_').replace('_', ' ')}",
            f"mutation {number} of seed {seed}",
        )
        if receiver.poll(LIMIT_SECONDS):
            end, survived, detail = receiver.recv()
        else:
            end, survived, detail = f"hung for {LIMIT_SECONDS} s", False, ""
        process.kill()
        process.join()
        yield Outcome(kind, end, survived, f"{kept}\n{detail}")


def _read(config: Path, workspace: Path, sender: Connection) -> None:
    """Reads a configuration and its data, in a process of its own."""
    from components.errors import UserError
    from pipeline.config.load import load
    from pipeline.config.prepare import prepare

    try:
        prepare(load(config), workspace)
        sender.send(("accepted", True, ""))
    except UserError as error:
        lines = str(error).splitlines()
        is_short = bool(lines) and all(0 < len(line) <= LONGEST_LINE for line in lines)
        sender.send(
            ("refused with its remedy", True) if is_short else (f"long message: {str(error)[:200]}", False)
        )
    except BaseException:
        sender.send((traceback.format_exc(), False))


def _written(subject: Subject, document: dict[str, Any]) -> Path:
    path = subject.folder / "mutated.yaml"
    path.write_bytes(yaml.dump(document, allow_unicode=True).encode(errors="surrogatepass"))
    return path


def _configuration(subject: Subject, chance: random.Random) -> Path:
    """A configuration with up to three values replaced, removed or moved."""
    examples = sorted((ROOT / "examples").glob("*.yaml"))
    document = chance.choice(
        [CONFIG, *(yaml.safe_load(path.read_text(encoding="utf-8")) for path in examples)]
    )
    document = {**copy.deepcopy(document), "data": {"path": str(subject.folder / "data"), "label": "kind"}}
    for _ in range(chance.randint(1, 3)):
        holder, key = chance.choice(list(_places(document)))
        action = chance.randrange(4)
        if action == 0 and isinstance(holder, dict):
            del holder[key]
        elif action == 1 and isinstance(holder, dict):
            holder[f"{key}_"] = holder[key]
        elif action == 2:
            other, place = chance.choice(list(_places(document)))
            holder[key] = copy.deepcopy(other[place])
        else:
            holder[key] = copy.deepcopy(chance.choice(HOSTILE))
        if not document:
            break
    return _written(subject, document)


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in list(items):
        yield value, key
        yield from _places(inner)


def _configuration_bytes(subject: Subject, chance: random.Random) -> Path:
    """The text of a configuration with its bytes mutated."""
    document = {**CONFIG, "data": {"path": str(subject.folder / "data"), "label": "kind"}}
    path = subject.folder / "mutated.yaml"
    path.write_bytes(_mutated(yaml.safe_dump(document).encode(), chance))
    return path


def _csv(subject: Subject, chance: random.Random) -> Path:
    """A CSV file with its bytes mutated."""
    return _with_data(subject, "rows.csv", _mutated((subject.folder / "data/rows.csv").read_bytes(), chance))


def _tfrecord(subject: Subject, chance: random.Random) -> Path:
    """A TFRecord file with its bytes, or a record's payload, mutated."""
    from components.formats.tfrecord import write_records

    file = subject.folder / "whole.tfrecord"
    payloads = [_example(chance.random(), chance.choice([b"yes", b"no"])) for _ in range(30)]
    if chance.random() < 0.5:
        place = chance.randrange(len(payloads))
        payloads[place] = _mutated(payloads[place], chance)
    write_records(file, payloads)
    content = file.read_bytes()
    return _with_data(
        subject, "rows.tfrecord", content if chance.random() < 0.5 else _mutated(content, chance)
    )


def _with_data(subject: Subject, name: str, content: bytes) -> Path:
    folder = subject.folder / "mutated"
    folder.mkdir(exist_ok=True)
    for file in folder.iterdir():
        file.unlink()
    (folder / name).write_bytes(content)
    return _written(subject, {**CONFIG, "data": {"path": str(folder), "label": "kind"}})


def _mutated(content: bytes, chance: random.Random) -> bytes:
    """Bytes flipped, cut off, doubled, moved, or made hostile."""
    result = bytearray(content)
    for _ in range(chance.randint(1, 4)):
        start = chance.randrange(len(result) + 1)
        stop = min(len(result), start + chance.randint(1, 64))
        action = chance.randrange(6)
        if action == 0 and start < len(result):
            result[start] ^= 1 << chance.randrange(8)
        elif action == 1:
            del result[start:]
        elif action == 2:
            del result[start:stop]
        elif action == 3:
            result[start:start] = result[start:stop] * chance.choice([1, 2, 100])
        elif action == 4:
            result[start:start] = chance.choice(
                [
                    b"\0",
                    b'"',
                    b"\r",
                    b"\n",
                    b",",
                    b"\xff\xfe",
                    b"&a [*a]",
                    b"!!python/name:os.system",
                    b"- ",
                    b"1e999",
                ]
            )
        else:
            result[start:stop] = chance.randbytes(stop - start)
    return bytes(result)


def _example(number: float, kind: bytes) -> bytes:
    """A serialised `tf.Example` of a float and a text, without TensorFlow."""

    def field(tag: int, content: bytes) -> bytes:
        return bytes([tag << 3 | 2, len(content)]) + content

    def feature(name: bytes, value: bytes) -> bytes:
        return field(1, field(1, name) + field(2, value))

    floats = field(2, field(1, struct.pack("<f", number)))
    return field(1, feature(b"a", floats) + feature(b"kind", field(1, field(1, kind))))
