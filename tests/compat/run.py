"""Tests the library with the oldest and the newest of what it asks for, on each Python that it claims.

Every environment is made anew in .compat/. The last two of each Python hold the wheel and JAX, and no TensorFlow: one with
nothing else that the library can do without, and one with its extra `search`, in which pages of the documentation and a
notebook run. A line is printed for each; the exit code is 1 if one failed. `python -m tests.compat.run search` makes only
the environments of that name.
"""

import functools
import os
import re
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from pathlib import Path

from tests.conftest import ROOT
from tests.uv import uv

FOLDER = ROOT / ".compat"
EXTRAS = ["--extra", "cluster", "--extra", "plots", "--extra", "search", "--extra", "tensorflow"]
ASKED = ["-r", "pyproject.toml", "--only-binary", ":all:"]
RESOLUTIONS = {"lowest": "lowest-direct", "newest": "highest"}
WITHOUT_TENSORFLOW = "tests/reactive_schedules/test_without_tensorflow.py"
PAGES = ("docs/search-in-python.md", "docs/with-keras-tuner.md")
NOTEBOOK = ROOT / "tests/compat/notebook.py"
JAX = {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}


class Failed(Exception):
    """A command failed; its output is in the log."""


def claimed_pythons() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found = [
        re.fullmatch(r"Programming Language :: Python :: (3\.\d+)", each) for each in project["classifiers"]
    ]
    return [match[1] for match in found if match]


def environment() -> dict[str, str]:
    """This process's own, in which pyenv's interpreters go before its shims: a shim may lead nowhere."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    path = [*map(str, pyenv.glob("versions/3.*/bin")), os.environ["PATH"]]
    return {**os.environ, "PATH": os.pathsep.join(path), "PYTHONPATH": "", "TF_CPP_MIN_LOG_LEVEL": "3"}


def interpreter(version: str) -> str | None:
    """Where this Python is; None if the machine does not have it."""
    command = [
        uv(),
        "python",
        "find",
        "--no-project",
        "--no-config",
        "--no-python-downloads",
        "--system",
        version,
    ]
    found = subprocess.run(command, env=environment(), cwd=ROOT, capture_output=True, text=True)
    return found.stdout.strip() if found.returncode == 0 else None


class Environment:
    """A virtual environment with a log of what was done in it."""

    def __init__(self, name: str, python: str):
        self.folder, self.log = FOLDER / name, FOLDER / f"{name}.log"
        self.log.write_text("")
        self.run(uv(), "venv", "--no-config", "--clear", "--python", python, self.folder)

    def run(self, *command: object, cwd: Path = ROOT, **variables: str) -> str:
        """What the command printed.

        Raises:
            Failed: its exit code is not 0.
        """
        done = subprocess.run(
            [*map(str, command)],
            cwd=cwd,
            env={**environment(), **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        with self.log.open("a") as log:
            log.write(f"$ {' '.join(map(str, command))}\n{done.stdout}\n")
        if done.returncode:
            raise Failed(done.stdout.strip().splitlines()[-1])
        return done.stdout

    def install(self, *what: object) -> None:
        self.run(uv(), "pip", "install", "--no-config", "--python", self.folder, *what)

    def install_wheel(self, extras: str, *what: str) -> None:
        """Installs the library as users get it."""
        self.run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", self.folder / "dist")
        self.install(f"{next((self.folder / 'dist').glob('*.whl'))}{extras}", *what)
        where = self.python(
            "-c", "import reactive_schedules as rs; print(rs.__file__)", cwd=self.folder
        ).strip()
        if not where.startswith(str(self.folder)):
            raise Failed(f"reactive_schedules is that of {where}")

    def python(self, *arguments: object, cwd: Path = ROOT, **variables: str) -> str:
        return self.run(self.folder / "bin/python", *arguments, cwd=cwd, **variables)

    def versions(self, *names: str) -> str:
        listed = self.run(uv(), "pip", "freeze", "--no-config", "--python", self.folder)
        found = dict(line.split("==") for line in listed.splitlines() if "==" in line)
        return ", ".join(f"{name} {found[name]}" for name in names)


def whole_library(version: str, python: str, limit: str) -> str:
    """Every test of the library, with everything that its extras bring."""
    made = Environment(f"{version}-{limit}", python)
    made.install(*ASKED, *EXTRAS, "--resolution", RESOLUTIONS[limit])
    versions = made.versions("keras", "tensorflow", "numpy", "pydantic")
    made.install("hypothesis", "pytest", "pytest-xdist", "selenium", "jax")
    printed = made.python(
        "-m",
        "pytest",
        "-q",
        "-n",
        2,
        "-m",
        "not locked",
        "-p",
        "no:cacheprovider",
        "tests/reactive_schedules",
    )
    return f"{versions}: {printed.strip().splitlines()[-1]}"


def without_tensorflow(version: str, python: str) -> str:
    """The wheel in an environment that holds, besides what it asks for, JAX and what runs tests alone."""
    made = Environment(f"{version}-jax", python)
    made.install_wheel("", "jax")
    versions = made.versions("keras", "jax", "numpy", "pydantic")
    made.install("hypothesis", "pytest", "pytest-xdist")
    arguments = ("-q", "-p", "no:cacheprovider", "--import-mode=importlib", ROOT / WITHOUT_TENSORFLOW)
    printed = made.run(made.folder / "bin/pytest", *arguments, cwd=made.folder)
    made.run(made.folder / "bin/reactive-schedules", "--version", cwd=made.folder)
    return f"{versions}: {printed.strip().splitlines()[-1]}"


def searches(version: str, python: str) -> str:
    """The wheel with its extra `search` and JAX: the examples of the pages about searches, and one in a notebook."""
    made = Environment(f"{version}-search", python)
    made.install_wheel("[search]", "jax")
    versions = made.versions("keras", "jax", "keras-tuner", "optuna", "cryptography", "six")
    made.python("-c", "from importlib.util import find_spec; assert not find_spec('tensorflow')")
    seconds = []
    for page in PAGES:
        (example,) = re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL)
        script = made.folder / f"{Path(page).stem}.py"
        script.write_text(example.replace("/tmp/", f"{made.folder}/{script.stem}-"), encoding="utf-8")
        start = time.monotonic()
        made.python(script, cwd=made.folder, **JAX)
        seconds.append(f"{page} in {time.monotonic() - start:.0f} s")
    made.install("nbclient", "ipykernel")
    start = time.monotonic()
    printed = made.python(NOTEBOOK, made.folder, cwd=made.folder, **JAX)
    seconds.append(f"a notebook in {time.monotonic() - start:.0f} s ({printed.strip().splitlines()[-1]})")
    return f"{versions}: {', '.join(seconds)}"


def main(*only: str) -> int:
    FOLDER.mkdir(exist_ok=True)
    kinds: dict[str, Callable[[str, str], str]] = {
        **{limit: functools.partial(whole_library, limit=limit) for limit in RESOLUTIONS},
        "jax": without_tensorflow,
        "search": searches,
    }
    if unknown := {*only} - kinds.keys():
        print(f"{min(unknown)}: choose from {', '.join(kinds)}", file=sys.stderr)
        return 2
    failed = 0
    for version in claimed_pythons():
        python = interpreter(version)
        if python is None:
            print(f"- Python {version}: skipped, this machine does not have it", flush=True)
            continue
        for name in only or kinds:
            try:
                print(f"✓ Python {version}, {kinds[name](version, python)}", flush=True)
            except Failed as error:
                failed += 1
                print(f"✗ Python {version}, {name}: {error}; see .compat/{version}-{name}.log", flush=True)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
