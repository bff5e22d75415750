"""Mutated configurations and data files, read as a run reads them before it starts."""

import random
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml

from tests import mutations
from tests.conftest import ROOT
from tests.faults.outcomes import Outcome
from tests.faults.reading import read
from tests.faults.subject import CONFIG, Subject
from tests.forks import forks

LIMIT_SECONDS = 120
"""Reading takes milliseconds; what takes longer hangs."""


def campaign(folder: Path, count: int, seed: int) -> Iterator[Outcome]:
    """Reads mutated configurations and data files.

    Args:
        folder: New folder.
        count: Number of mutations.
        seed: Seed of the mutations.
    """
    subject, chance = Subject.create(folder), random.Random(seed)
    context = forks()
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
        process = context.Process(target=read, args=(config, folder / "workspace", sender))
        process.start()
        sender.close()
        try:
            end, survived, detail = (
                receiver.recv()
                if receiver.poll(LIMIT_SECONDS)
                else (f"hung for {LIMIT_SECONDS} s", False, "")
            )
        except EOFError:
            end, survived, detail = "died", False, ""
        process.kill()
        process.join()
        kind = f"mutated {make.__name__.strip('_').replace('_', ' ')}"
        yield Outcome(kind, end, survived, f"mutation {number} of seed {seed}\n{detail}")


def _written(subject: Subject, document: dict[str, Any]) -> Path:
    path = subject.folder / "mutated.yaml"
    path.write_bytes(yaml.dump(document, allow_unicode=True).encode(errors="surrogatepass"))
    return path


def _configuration(subject: Subject, chance: random.Random) -> Path:
    """A configuration with some values replaced, removed or moved."""
    examples = sorted((ROOT / "examples").glob("*.yaml"))
    document = chance.choice(
        [CONFIG, *(yaml.safe_load(path.read_text(encoding="utf-8")) for path in examples)]
    )
    return _written(subject, mutations.document({**document, **_data(subject.folder / "data")}, chance))


def _configuration_bytes(subject: Subject, chance: random.Random) -> Path:
    """The text of a configuration with its bytes mutated."""
    path = subject.folder / "mutated.yaml"
    text = yaml.safe_dump({**CONFIG, **_data(subject.folder / "data")})
    path.write_bytes(mutations.content(text.encode(), chance))
    return path


def _csv(subject: Subject, chance: random.Random) -> Path:
    """A CSV file with its bytes mutated."""
    rows = (subject.folder / "data/rows.csv").read_bytes()
    return _with_data(subject, "rows.csv", mutations.content(rows, chance))


def _tfrecord(subject: Subject, chance: random.Random) -> Path:
    """A TFRecord file with its bytes mutated, or those of a record below the checksums."""
    from components.formats.tfrecord.records import write_records

    file = subject.folder / "whole.tfrecord"
    payloads = [_example(chance.random(), chance.choice([b"yes", b"no"])) for _ in range(30)]
    below = chance.random() < 0.5
    if below:
        place = chance.randrange(len(payloads))
        payloads[place] = mutations.content(payloads[place], chance)
    write_records(file, payloads)
    content = file.read_bytes()
    return _with_data(subject, "rows.tfrecord", content if below else mutations.content(content, chance))


def _with_data(subject: Subject, name: str, content: bytes) -> Path:
    folder = subject.folder / "mutated"
    folder.mkdir(exist_ok=True)
    for file in folder.iterdir():
        file.unlink()
    (folder / name).write_bytes(content)
    return _written(subject, {**CONFIG, **_data(folder)})


def _data(folder: Path) -> dict[str, Any]:
    return {"data": {"path": str(folder), "label": "kind"}}


def _example(number: float, kind: bytes) -> bytes:
    """A serialised `tf.Example` of a float and a text, without TensorFlow."""

    def field(tag: int, content: bytes) -> bytes:
        return bytes([tag << 3 | 2, len(content)]) + content

    def feature(name: bytes, value: bytes) -> bytes:
        return field(1, field(1, name) + field(2, value))

    floats = field(2, field(1, struct.pack("<f", number)))
    return field(1, feature(b"a", floats) + feature(b"kind", field(1, field(1, kind))))
