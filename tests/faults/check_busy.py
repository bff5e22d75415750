"""A machine that is busy with other work, and Beam's work in two processes, change no digit: `make fault-test`."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator

from tests.conftest import run_local
from tests.engines import agreement
from tests.engines.conftest import configuration

PROCESSES = 6


@contextlib.contextmanager
def busy() -> Iterator[None]:
    """More processes that compute without end than this machine has cores for."""
    spinning = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(PROCESSES)]
    try:
        yield
    finally:
        for process in spinning:
            process.kill()
            process.wait()


def test_a_busy_machine_computes_the_same(tmp_path):
    found = []
    for name, arguments, load in (
        ("quiet", ["--direct_running_mode=in_memory"], contextlib.nullcontext()),
        ("busy", ["--direct_running_mode=multi_processing", "--direct_num_workers=2"], busy()),
    ):
        folder = tmp_path / name
        folder.mkdir()
        config = configuration(folder, arguments)
        with load:
            done = run_local("--config", config, "--workspace", folder / "workspace", is_new=True)
        assert done.code == 0, done.stdout + done.stderr
        found.append(agreement.results(folder / "workspace"))
    assert agreement.differences(*found) == []
