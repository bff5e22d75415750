"""A small pipeline with a search, run as a user runs it, and the results that every repetition must have."""

import hashlib
import io
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from components.model_store import serving
from tests.conftest import ROOT
from tests.forks import run_script

LIMIT_SECONDS = 900
"""A command that takes longer hangs; a run takes 20 seconds on a quiet machine."""

CONFIG = {
    "name": "faults",
    "data": {"path": "data", "label": "kind"},
    "model": {"hyperparameters": {"width": 8, "depth": 1}},
    "training": {
        "optimizer": {"name": "sgd", "momentum": 0.9},
        "learning_rate": {"family": "constant", "peak": 0.05},
        "batch_size": 32,
        "epochs": 12,
        "plateau": {"monitor": "val_loss", "patience": 2, "factor": 0.5, "max_actions": 2},
        "seed": 0,
    },
    "search": {
        "trials": 3,
        "folds": 0,
        "space": {"learning_rate": {"peak": {"low": 0.01, "high": 0.1, "log": True}}},
    },
    "threads": 1,
}


def write_rows(file: Path) -> None:
    """Writes 400 rows of two numbers and a `kind`, which is `yes` if their sum is positive, and otherwise `no`."""
    chance = random.Random(7)
    rows = [(chance.gauss(0, 1), chance.gauss(0, 1)) for _ in range(400)]
    lines = [f"{a:.4f},{b:.4f},{'yes' if a + b > 0 else 'no'}\n" for a, b in rows]
    file.write_text("".join(["a,b,kind\n", *lines]), encoding="utf-8")


@dataclass(frozen=True)
class Ended:
    """A command that has ended; `code` is None if it hung."""

    code: int | None
    output: str

    @property
    def fault(self) -> str | None:
        """What no command may do, whatever it was given."""
        if self.code is None:
            return f"hung for {LIMIT_SECONDS} s"
        if "Traceback (most recent call last)" in self.output:
            return f"traceback: {self.output.strip().splitlines()[-1]}"
        if self.code not in (0, 1, 2):
            return f"exit code {self.code}"
        return None if self.output.strip() else "said nothing"

    @property
    def last_lines(self) -> str:
        """The end of what it printed, for a report."""
        return " / ".join(self.output.strip().splitlines()[-2:])


@dataclass(frozen=True)
class Subject:
    """A folder with data, a configuration, a workspace, and a temporary folder of its own."""

    folder: Path

    @classmethod
    def create(cls, folder: Path) -> "Subject":
        """Writes data and configuration."""
        (folder / "data").mkdir(parents=True)
        (folder / "tmp").mkdir()
        write_rows(folder / "data/rows.csv")
        (folder / "config.yaml").write_text(yaml.safe_dump(CONFIG), encoding="utf-8")
        return cls(folder)

    @property
    def workspace(self) -> Path:
        """Where the runs put everything."""
        return self.folder / "workspace"

    @property
    def _arguments(self) -> list[str]:
        return ["--config", str(self.folder / "config.yaml"), "--workspace", str(self.workspace)]

    @property
    def _environment(self) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(self.folder / "tmp")}

    def start(self) -> subprocess.Popen:
        """Starts a run in a process group of its own."""
        return self._popen(["local_runner.py", *self._arguments], subprocess.DEVNULL)

    def run(self) -> Ended:
        """Runs the pipeline to its end."""
        script = ROOT / "local_runner.py"
        with tempfile.TemporaryDirectory() as name:
            output = Path(name)
            try:
                code = run_script(script, self._arguments, ROOT, self._environment, output, LIMIT_SECONDS)
            except TimeoutError:
                return Ended(None, "")
            printed = [(output / each).read_text("utf-8", "replace") for each in ("stdout", "stderr")]
        return Ended(code, "".join(printed))

    def command(self, *arguments: str) -> Ended:
        """Runs `python -m pipeline …`."""
        return self._wait(["-m", "pipeline", *arguments, "--workspace", str(self.workspace)])

    def _popen(self, arguments: list[str], output: int) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self._environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def _wait(self, arguments: list[str]) -> Ended:
        process = self._popen(arguments, subprocess.PIPE)
        try:
            output, _ = process.communicate(timeout=LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            kill(process)
            return Ended(None, "")
        return Ended(process.returncode, output.decode(errors="replace"))

    def results(self) -> Mapping[str, Any]:
        """What the data, the configuration and the seed determine, from the model in production."""
        folder = self.workspace / "serving" / str(serving.production(self.workspace / "serving"))
        extra = folder / "assets.extra"
        card = json.loads((extra / "model.json").read_bytes())
        records = (self.workspace / "artifacts/faults/Trainer/training_record").glob("*/record.json")
        record = json.loads(max(records, key=lambda path: int(path.parent.name)).read_bytes())
        return {
            "training": card["training"],
            "data": card["data"],
            "history": record["history"],
            "decisions": record["decisions"],
            "metrics": json.loads((extra / "evaluation.json").read_bytes())["candidate"],
            "weights": _weights(extra / "model.keras"),
        }


def kill(process: subprocess.Popen) -> None:
    """Kills a process and its children."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _weights(model: Path) -> str:
    """The SHA-256 of all weights."""
    import h5py

    digest = hashlib.sha256()

    def add(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            digest.update(name.encode() + item[()].tobytes())

    with zipfile.ZipFile(model) as archive, h5py.File(io.BytesIO(archive.read("model.weights.h5"))) as file:
        file.visititems(add)
    return digest.hexdigest()
