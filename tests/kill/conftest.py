import signal

import pytest

from tests.forks import forks


def pytest_addoption(parser):
    parser.addoption("--kills", type=int, default=2, help="times that each training is killed")


@pytest.fixture(scope="session")
def attempt():
    """Runs a function in a process of its own, to its end or its death; returns its exit code."""

    def run(function, *arguments) -> int:
        process = forks().Process(target=function, args=arguments)
        process.start()
        process.join(timeout=600)
        assert process.exitcode in (0, -signal.SIGKILL), f"it failed with exit code {process.exitcode}"
        return process.exitcode

    return run
