"""What trials leave for a search: their weights, in its folder, or in a store if the machines share no folder."""

import secrets
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from reactive_schedules import durable
from reactive_schedules.search.executor.journal import Journal
from reactive_schedules.search.executor.store import Store

if TYPE_CHECKING:
    import keras

_WEIGHTS = "weights"

_NAME = "store-name"
"""File in the folder of a study: its name in a store, so that no other study has the same."""


def journal_of(folder: Path, journal: Path, store: str | None) -> Journal:
    """Returns the journal of a study, with a part of the store for it alone.

    Args:
        folder: Folder of the study.
        journal: Folder of the journal.
        store: URI of the store; None if all machines see the folder.

    Raises:
        StoreError: The store cannot be used.
    """
    if store is None:
        return Journal(journal)
    whole, file = Store(store), folder / _NAME
    if not file.exists():
        durable.write(file, f"study-{secrets.token_hex(8)}".encode())
    return Journal(journal, whole.below(file.read_text(encoding="utf-8")))


def weights_of(folder: Path, journal: Journal) -> str:
    """Where trials save their weights: a folder, or a URI."""
    return f"{journal.store.uri}/{_WEIGHTS}" if journal.store else str(folder / _WEIGHTS)


def weights_file(folder: Path, number: int) -> Path:
    """The file with the weights of a trial.

    Args:
        folder: Folder of the study.
        number: Number of the trial.
    """
    return folder / _WEIGHTS / _name(number)


def save(model: "keras.Model", where: str, number: int) -> None:
    """Saves the weights of a trial, whole or not at all.

    Args:
        model: Its model.
        where: See `weights_of`.
        number: Its number.
    """
    if "://" in where:
        with tempfile.TemporaryDirectory() as scratch:
            model.save_weights(file := Path(scratch, _name(number)))
            Store(where).put_file(file.name, file)
        return
    folder = Path(where)
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / _name(number)
    part = file.with_name(f"writing-{file.name}")
    model.save_weights(part)
    part.replace(file)


def collect(folder: Path, journal: Journal) -> None:
    """Moves weights from the store, if there is one, to the folder of the study."""
    if journal.store is None:
        return
    for name in journal.store.names(_WEIGHTS):
        journal.store.get_file(name, folder / name)
        journal.store.remove([name])


def _name(number: int) -> str:
    return f"trial-{number:04d}.weights.h5"
