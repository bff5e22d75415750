"""Brings a working copy up to date, keeps other writers out, and publishes what was done in it."""

import contextlib
import fcntl
import secrets
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from pathlib import Path

from components.errors import UserError
from pipeline import workspace
from pipeline.remote import metadata, serving
from pipeline.remote.lock import Lock, held
from pipeline.remote.place import STATE_FILE, Remote, State, folder_of, is_uri, of
from pipeline.workspace import DATABASE, FORMAT_FILE, LOCK_FILE, WITHDRAWN_FILE
from reactive_schedules import durable

ANSWER_S = 30.0
"""Seconds for the first answer of a store."""

_ID = "ID"
"""Object that tells the workspace from others that are, or were, at the same URI."""

_REPORTS = "reports"
_PULL_LOCK = "pull.lock"
_held: dict[Path, tuple[Remote, Lock]] = {}  # what this process has claimed


def up_to_date(place: str | Path) -> Path:
    """Returns the folder of a workspace: of one in an object store the working copy, up to date.

    While a run of this machine uses that, it is newer than the store, and left as it is.

    Args:
        place: URI or folder.

    Raises:
        UserError: The URI is not one, or the store cannot be read.
    """
    if not is_uri(place):
        return Path(place)
    uri = str(place).rstrip("/")
    folder = folder_of(uri)
    with workspace.private(folder):
        if not (folder / STATE_FILE).exists():
            new = Remote(folder, State(uri, secrets.token_hex(8)))
            with new.reached("read"):  # before there is anything here
                _answer(new)
            if (folder / DATABASE).exists():
                raise UserError(
                    f"workspace: {folder} is no working copy of {uri}, because its {STATE_FILE} is missing; move it "
                    "away"
                )
            workspace.create(folder)
            new.note()
        with _alone(folder):
            remote = of(folder)
            if remote and not _is_in_use(folder):
                _pull(remote)
    return folder


@contextlib.contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """As `pipeline.workspace.claimed`; keeps other machines out, too, and publishes at the end, however that comes.

    Args:
        folder: Folder of a workspace, or working copy of one.

    Raises:
        UserError: Another run uses the workspace, or it cannot be used.
    """
    remote = of(folder)
    with contextlib.ExitStack() as stack:
        if remote is None:
            stack.enter_context(workspace.claimed(folder))
            yield
            return
        with _alone(folder):
            stack.enter_context(workspace.claimed(folder))
            lock = stack.enter_context(held(remote))
            _pull(remote)
            if not remote.state.workspace:
                made = secrets.token_hex(8)
                with remote.reached("written"):
                    remote.store.put(_ID, made.encode())
                remote.note(workspace=made)
        workspace.check_format(folder)
        _held[remote.folder] = remote, lock
        try:
            yield
        except BaseException:
            with contextlib.suppress(Exception):  # the first error counts
                publish(folder)
            raise
        else:
            publish(folder)
        finally:
            del _held[remote.folder]


def changing(folder: Path) -> contextlib.AbstractContextManager[None]:
    """Claims a working copy, see `claimed`, for a change that may be made beside a run in any other workspace."""
    return claimed(folder) if of(folder) else contextlib.nullcontext()


def publish(folder: Path) -> None:
    """Publishes what is new in a working copy that this process has claimed; does nothing for any other folder.

    Raises:
        UserError: The store cannot be written, or somebody else has published meanwhile.
    """
    if folder.resolve() not in _held:
        return
    remote, lock = _held[folder.resolve()]
    with remote.reached("written"):
        lock.check()
        serving.push(remote)
        _push_files(remote)
        if (remote.folder / DATABASE).exists():
            metadata.push(remote)


def sizes(folder: Path) -> dict[Path, int]:
    """What the store has for a working copy: folders of artifacts and reports, each with its size in bytes.

    Args:
        folder: Working copy; of any other folder, nothing is returned.

    Raises:
        UserError: The store cannot be read.
    """
    found: dict[Path, int] = {}
    if remote := of(folder):
        with remote.reached("read"):
            for name, size in remote.store.sizes("artifacts").items():
                place = folder.joinpath("artifacts", *Path(name).parts[:4])
                found[place] = found.get(place, 0) + size
            for name, size in remote.store.sizes(_REPORTS).items():
                found[folder / _REPORTS / name] = size
    return found


def remove(folder: Path, paths: Iterable[Path]) -> None:
    """Removes from the store what was at these paths of a working copy, once the metadata store there says so.

    Args:
        folder: Working copy that this process has claimed; nothing is done for any other folder.
        paths: Folders of artifacts, and reports.

    Raises:
        UserError: The store cannot be written.
    """
    if folder.resolve() not in _held:
        return
    publish(folder)
    remote, _ = _held[folder.resolve()]
    with remote.reached("written"):
        for path in paths:
            remote.store.clear(path.resolve().relative_to(remote.folder).as_posix())


def _pull(remote: Remote) -> None:
    with remote.reached("read"):
        newest = max(_answer(remote), default=0)
        number, known = remote.state.number, remote.state.workspace
        if (found := (remote.store.get(_ID) or b"").decode()) != known:
            if known:
                raise UserError(
                    f"workspace: {remote.folder} is the working copy of another workspace than that which is now at "
                    f"{remote.uri} (on another server, or made anew); delete {remote.folder} to work with this one"
                )
            remote.note(workspace=found)
        if newest < number:
            raise UserError(
                f"workspace: {remote.uri} has no metadata store {number:08}, which {remote.folder} continues; restore "
                f"the objects that were deleted, or delete {remote.folder} to go on with what is there"
            )
        if newest > number:
            _pull_file(remote, FORMAT_FILE)
            metadata.pull(remote, newest)
        _pull_file(remote, WITHDRAWN_FILE)
    serving.pull(remote)


def _push_files(remote: Remote) -> None:
    for name in (FORMAT_FILE, WITHDRAWN_FILE):
        if (file := remote.folder / name).exists() and remote.store.get(name) != file.read_bytes():
            remote.store.put(name, file.read_bytes())
    there = remote.store.sizes(_REPORTS)
    for page in sorted((remote.folder / _REPORTS).glob("*.html")):
        if page.name not in there:
            remote.store.put_file(f"{_REPORTS}/{page.name}", page)


def _pull_file(remote: Remote, name: str) -> None:
    content, file = remote.store.get(name), remote.folder / name
    if content is not None and not (file.exists() and file.read_bytes() == content):
        durable.write(file, content)


def _answer(remote: Remote) -> list[int]:
    """The numbers of metadata stores, with a limit; clients of stores try for minutes."""
    found: Future[list[int]] = Future()

    def ask() -> None:
        try:
            found.set_result(metadata.numbers(remote))
        except BaseException as error:  # whatever it is, it belongs to who waits
            found.set_exception(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        return found.result(ANSWER_S)
    except TimeoutError as error:
        if found.done():
            raise
        raise TimeoutError(f"no answer within {ANSWER_S:.0f} s") from error


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Lets one process at a time change the working copy, which takes as long as what it reads."""
    with (folder / _PULL_LOCK).open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _is_in_use(folder: Path) -> bool:
    """Whether a run of this machine uses the working copy."""
    with (folder / LOCK_FILE).open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
