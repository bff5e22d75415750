"""Every kind of file in a workspace damaged, lost, or replaced, and the pipeline run again."""

import random
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tests import mutations
from tests.faults.outcomes import Outcome
from tests.faults.subject import Subject

Damage = Callable[[Path, random.Random], None]


def _truncate(file: Path, chance: random.Random) -> None:
    content = file.read_bytes()
    _rewrite(file, content[: chance.randrange(len(content))] if content else b"x")


def _flip(file: Path, chance: random.Random) -> None:
    size = file.stat().st_size
    if size:
        mutations.flip(file, chance.randrange(size), chance.randrange(8))
    else:
        _rewrite(file, b"x")


def _rewrite(file: Path, content: bytes) -> None:
    file.unlink()  # reports/ and artifacts share files by hard links
    file.write_bytes(content)


DAMAGES: Mapping[str, Damage] = {
    "truncated": _truncate,
    "a bit flipped": _flip,
    "emptied": lambda file, _: _rewrite(file, b""),
    "deleted": lambda file, _: file.unlink(),
    "replaced": lambda file, chance: _rewrite(file, chance.randbytes(1000)),
}


def _file_instead(folder: Path, _: random.Random) -> None:
    shutil.rmtree(folder)
    folder.write_text("a file", encoding="utf-8")


FOLDERS: Mapping[str, Damage] = {
    "deleted": lambda folder, _: shutil.rmtree(folder),
    "replaced by a file": _file_instead,
}


def kinds(workspace: Path) -> dict[str, Path]:
    """One file or folder of each kind: its path without numbers and times, to its path."""
    paths = (path for path in sorted(workspace.rglob("*")) if path.is_file() or path.parent == workspace)
    return {
        re.sub(r"[\d.-]*\d{2,}[\d.-]*|(?<=/)\d+(?=/)", "N", str(path.relative_to(workspace))): path
        for path in paths
    }


def campaign(
    subject: Subject, plan: list[tuple[str, str, int]], expected: Mapping[str, Any]
) -> Iterator[Outcome]:
    """Damages one file after another, each in a whole workspace.

    Args:
        subject: Subject; it is run first, unless it was.
        plan: Kind of path, name of the damage and seed, of each.
        expected: Results of a run that was left alone.
    """
    if not subject.workspace.exists():
        subject.run()
    whole = subject.folder / "whole"
    shutil.copytree(subject.workspace, whole, symlinks=True)
    for kind, name, seed in plan:
        if subject.workspace.is_dir():
            shutil.rmtree(subject.workspace)
        shutil.copytree(whole, subject.workspace, symlinks=True)
        path = kinds(subject.workspace)[kind]
        (DAMAGES if path.is_file() else FOLDERS)[name](path, random.Random(seed))
        yield _examine(subject, kind, name, expected)


def _examine(subject: Subject, kind: str, name: str, expected: Mapping[str, Any]) -> Outcome:
    doctor, ended = subject.command("doctor"), subject.run()
    what, detail = f"{kind.split('/')[0]}: {name}", f"{kind}: {ended.last_lines}"
    if fault := doctor.fault or ended.fault:
        return Outcome(what, fault, False, f"{kind}: {doctor.output}{ended.output}")
    if ended.code:
        return Outcome(what, "refused with its remedy", True, detail)
    try:
        found = subject.results()
    except OSError as error:
        return Outcome(what, f"lost: {error}", False, detail)
    if different := [key for key in expected if found[key] != expected[key]]:
        return Outcome(what, f"different {', '.join(different)}", False, detail)
    return Outcome(what, "same result", True, detail)


def plan(workspace: Path, count: int, seed: int) -> list[tuple[str, str, int]]:
    """Chooses damages, so that each kind of path comes once before any comes again."""
    chance, found, result = random.Random(seed), kinds(workspace), []
    while len(result) < count:
        for kind in chance.sample(list(found), len(found)):
            names = list(DAMAGES if found[kind].is_file() else FOLDERS)
            result.append((kind, chance.choice(names), chance.randrange(2**32)))
    return result[:count]
