"""Child processes of this process that are forked, see `tests.forks`, instead of importing TensorFlow each.

They run the same code, with what `subprocess.Popen` gives them: environment, standard streams, descriptors, session; and
this process is their parent, which can wait for them and kill them. Tests of runs, of kills and of starts take no such
process.
"""

import ctypes
import importlib
import os
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from multiprocessing.reduction import DupFd
from pathlib import Path
from typing import IO, Any

from tests.forks import forks

_PR_SET_CHILD_SUBREAPER = 36
_STARTING = threading.Lock()


class Forked(subprocess.Popen):
    """A forked process in place of one of `python -m MODULE DESCRIPTOR…`, for modules with a function `main`."""

    def __init__(
        self,
        args: Sequence[str],
        *,
        env: Mapping[str, str],
        stdin: IO[bytes] | None = None,
        stderr: None = None,
        pass_fds: Sequence[int] = (),
        start_new_session: bool = False,
    ) -> None:
        python, option, module, *numbers = args
        assert (python, option) == (sys.executable, "-m")
        assert [*map(int, numbers)] == [*pass_fds]
        assert stderr is None
        self._child_created = False  # for the destructor, should this fail
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        streams = (stdin.fileno() if stdin else 0, 1, 2)
        given = _Given(module, [*streams, *pass_fds], str(Path.cwd()), dict(env), start_new_session)
        receiver, sender = forks().Pipe(duplex=False)
        starter = forks().Process(target=_start, args=(given, sender))
        with _STARTING, receiver, sender:
            _adopt(True)
            try:
                starter.start()
                self.pid = receiver.recv()
                starter.join()  # so that its child gets this process as its parent
            finally:
                _adopt(False)
        self.args, self.returncode = args, None
        self.stdin = self.stdout = self.stderr = None
        self._waitpid_lock = threading.Lock()
        self._child_created = True


class _Given:
    """What a process begins with; its descriptors are duplicated as it is started."""

    def __init__(
        self, module: str, descriptors: Sequence[Any], cwd: str, env: dict[str, str], is_leader: bool
    ) -> None:
        self.module, self.descriptors, self.cwd, self.env = module, descriptors, cwd, env
        self.is_leader = is_leader  # of a new session

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "descriptors": [DupFd(each) for each in self.descriptors]}


def _adopt(does: bool) -> None:
    """Says whether this process becomes the parent of its descendants when their own parent ends."""
    if ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, int(does), 0, 0, 0):
        raise OSError("this kernel has no subreapers")


def _start(given: _Given, sender: Connection) -> None:
    descriptors = [each.detach() for each in given.descriptors]
    starter = os.getpid()
    pid = os.fork()
    if pid:
        sender.send(pid)
        return
    code = 1
    try:
        sender.close()
        while os.getppid() == starter:
            time.sleep(0.001)
        _run(given, descriptors)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)


def _run(given: _Given, descriptors: list[int]) -> None:
    if given.is_leader:
        os.setsid()
    for number in range(3):
        os.dup2(descriptors[number], number)
        os.close(descriptors[number])
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 (until the process ends)
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", closefd=False, buffering=1)  # noqa: SIM115
    os.chdir(given.cwd)
    os.environ.clear()
    os.environ.update(given.env)
    sys.path[:] = given.env["PYTHONPATH"].split(os.pathsep)
    sys.argv = [given.module, *map(str, descriptors[3:])]
    importlib.import_module(given.module).main(*descriptors[3:])
