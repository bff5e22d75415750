"""Fixtures shared by all tests."""

import dataclasses
import functools
import gc
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import hypothesis
import pytest
import yaml

from tests import forks

ROOT = Path(__file__).parent.parent

pytest.register_assert_rewrite(
    "tests.browser",
    "tests.hostile",
    "tests.reactive_schedules.training.any_backend.running",
    "tests.two_cpus",
)

# A busy machine may stand still for longer than any deadline of an example.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")


ON_JAX = {
    "KERAS_BACKEND": "jax",
    "JAX_PLATFORMS": "cpu",
    # XLA takes longer to make small models fast than to run them, and tests train the same ones in many processes.
    "XLA_FLAGS": "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true",
    "JAX_COMPILATION_CACHE_DIR": str(ROOT / ".pytest_cache/jax"),
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
}
"""Environment variables of a process that trains on JAX."""

SHARED_RUNS = ("untidy_run", "digits_run")
"""Fixtures that run the pipeline; the modules that use one share a process."""


@pytest.hookimpl(optionalhook=True)  # pytest-xdist is not in every environment
def pytest_xdist_make_scheduler(config, log):
    """Keeps each module in one process, and those that share a run of the pipeline in the same one.

    `--dist loadgroup` of pytest-xdist 3.8 does not see the groups of pytest 9.2. Modules keep the order of
    `pytest_collection_modifyitems`: by number of tests, those with a few long tests would be last.
    """
    from xdist.scheduler import LoadScopeScheduling

    class Sharing(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return group_of(nodeid.partition("::")[0])

    config.option.loadscopereorder = False
    return Sharing(config, log)


def pytest_collection_modifyitems(items):
    """Modules with slow tests come first: those that are left at the end keep both processes busy to the last."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


def pytest_collection_finish(session):
    """What imports have created is never freed, so it need not be looked at again and again."""
    gc.freeze()


@pytest.fixture(autouse=True)
def own_algorithms_are_forgotten():
    """Keeps search algorithms that a test registers from the tests that follow in the same process."""
    yield
    if registry := sys.modules.get("reactive_schedules.search.registry"):
        for name, algorithm in registry.algorithms().items():
            if not algorithm.options.__module__.startswith("reactive_schedules."):
                del registry._REGISTERED[name]


@functools.cache
def group_of(module: str) -> str:
    """The shared run that a module of tests uses; else the module itself."""
    text = (ROOT / module).read_text(encoding="utf-8")
    return next((run for run in SHARED_RUNS if run in text), module)


def pytest_make_parametrize_id(val, argname):
    """Bytes and long texts get the parameter's name and a number: gzip, for one, writes the time into its bytes."""
    return argname if isinstance(val, bytes) or (isinstance(val, str) and len(val) > 60) else None


@dataclasses.dataclass(frozen=True)
class Finished:
    """A process that has ended."""

    code: int
    stdout: str
    stderr: str

    @property
    def states(self) -> dict[str, str]:
        """Component to `done`, `cached` or `failed`, as the console shows them."""
        return dict(re.findall(r"^[✓✗] (\w+) +(\w+) +[\d.]+ s", self.stdout, re.MULTILINE))


LIMIT_S = 1800
"""Of a run; generous, because machines can lose most of their CPU for minutes."""


def run_local(
    *arguments: object, cwd: Path = ROOT, env: dict[str, str] | None = None, is_new: bool = False
) -> Finished:
    """Runs local_runner.py in a process of its own, as a user does.

    Args:
        arguments: Its arguments.
        cwd: Working directory.
        env: Variables besides those of this process.
        is_new: Whether the process is a new one and imports everything itself; else it is forked, see `tests.forks`.
    """
    words, environment = [*map(str, arguments)], {**os.environ, "PYTHONPATH": str(cwd), **(env or {})}
    script = ROOT / "local_runner.py"
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder)
        if is_new:
            with (output / "stdout").open("wb") as stdout, (output / "stderr").open("wb") as stderr:
                code = subprocess.run(
                    [sys.executable, script, *words],
                    cwd=cwd,
                    env=environment,
                    stdout=stdout,
                    stderr=stderr,
                    timeout=LIMIT_S,
                ).returncode
        else:
            code = forks.run_script(script, words, cwd, environment, output, LIMIT_S)
        return Finished(code, *((output / name).read_text("utf-8") for name in ("stdout", "stderr")))


@pytest.fixture(scope="module")
def forked_children():
    """Processes that this one starts for trials and for Beam's work are forked, see `tests.children`."""
    from components.workers import process as workers
    from reactive_schedules.search.executor import process as trials
    from tests.children import Forked

    with pytest.MonkeyPatch.context() as patch:
        for module in (trials, workers):
            patch.setattr(module, "subprocess", SimpleNamespace(**{**vars(subprocess), "Popen": Forked}))
        yield


@dataclasses.dataclass(frozen=True)
class DigitsRun:
    """One run of the default example."""

    workspace: Path
    finished: Finished

    def configuration(self, tmp_path: Path, **sections: dict | list | int | None) -> Path:
        """The example's configuration with values, and values of its sections, replaced."""
        document = yaml.safe_load((ROOT / "examples/digits.yaml").read_text())
        for section, values in sections.items():
            document[section] = {**document[section], **values} if isinstance(values, dict) else values
        path = tmp_path / "config.yaml"
        path.write_text(yaml.safe_dump(document))
        return path

    def rerun(self, tmp_path: Path, *arguments: object, **sections: dict | list | int | None) -> Finished:
        """Runs the example again in the same workspace, with values of its sections replaced."""
        config = self.configuration(tmp_path, **sections)
        return run_local("--config", config, "--workspace", self.workspace, *arguments)


@pytest.fixture(scope="session")
def digits_run(tmp_path_factory) -> DigitsRun:
    workspace = tmp_path_factory.mktemp("digits") / "workspace"
    finished = run_local("--workspace", workspace, is_new=True)
    assert finished.code == 0, finished.stdout + finished.stderr
    return DigitsRun(workspace, finished)


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    from tests.browser import Browser

    opened = Browser(tmp_path_factory.mktemp("browser"))
    yield opened
    opened.driver.quit()


def for_tables(folder: Path, epochs: int) -> Path:
    """Writes the default configuration for tables, with fewer epochs, into a folder."""
    document = yaml.safe_load((ROOT / "examples/tabular.yaml").read_text(encoding="utf-8"))
    document["training"]["epochs"] = epochs
    path = folder / "tabular.yaml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return path


@dataclasses.dataclass(frozen=True)
class TableRun:
    """One run on a folder with a CSV file."""

    data: Path
    workspace: Path
    finished: Finished
    temporary: Path | None = None


@pytest.fixture(scope="session")
def untidy_run(tmp_path_factory) -> TableRun:
    """A table as people have them: odd names, text, gaps, and classes that are text."""
    from tests.end_to_end.untidy import write

    folder = tmp_path_factory.mktemp("untidy")
    data, workspace, temporary = folder / "My Data", folder / "workspace", folder / "tmp"
    data.mkdir()
    temporary.mkdir()
    write(data)
    arguments = ("--data", data, "--label", "the label", "--workspace", workspace, "--no-tune")
    config, env = for_tables(folder, 60), {"TMPDIR": str(temporary)}
    finished = run_local("--config", config, *arguments, env=env, is_new=True)
    assert finished.code == 0, finished.stdout + finished.stderr
    return TableRun(data, workspace, finished, temporary)
