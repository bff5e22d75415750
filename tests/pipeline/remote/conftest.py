"""An object store, and a run of the pipeline whose workspace is in it."""

import dataclasses
import os
import random
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pipeline.__main__ import main
from tests.conftest import ROOT, Finished, for_tables, run_local
from tests.objects import BUCKET, seaweedfs


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory):
    with seaweedfs(tmp_path_factory.mktemp("seaweedfs")) as variables:
        yield variables


@pytest.fixture
def s3(s3_server, monkeypatch):
    """The variables that lead to a server of S3, which are set."""
    for name, value in s3_server.items():
        monkeypatch.setenv(name, value)
    return s3_server


@dataclasses.dataclass(frozen=True)
class Machine:
    """A place with working copies of its own, as another machine has them."""

    home: Path
    data: Path
    uri: str
    variables: dict[str, str]

    @property
    def copy(self) -> Path:
        """Its working copy."""
        return self.home / "workspace" / self.uri.replace("://", "/")

    def run(self, *arguments: object, **variables: str) -> Finished:
        """Runs the pipeline."""
        given = (
            "--config",
            self.data / "tabular.yaml",
            "--data",
            self.data / "people.csv",
            "--label",
            "bought",
        )
        return run_local(
            *given,
            *("--workspace", self.uri, "--no-tune", *arguments),
            cwd=self.home,
            env={"PYTHONPATH": f"{ROOT}", **self.variables, **variables},
        )

    def command(self, name: str, *arguments: object) -> Result:
        """Runs a command of `python -m pipeline`."""
        before = Path.cwd()
        os.chdir(self.home)
        try:
            return CliRunner(env=self.variables).invoke(
                main, [name, "--workspace", self.uri, *map(str, arguments)]
            )
        finally:
            os.chdir(before)


@pytest.fixture(scope="session")
def remote_run(s3_server, tmp_path_factory) -> tuple[Machine, Finished]:
    """A machine that has run the pipeline with a workspace in an object store."""
    folder = tmp_path_factory.mktemp("remote")
    numbers = random.Random(1)
    rows = [(numbers.randint(18, 80), numbers.randint(10, 100)) for _ in range(300)]
    text = "".join(f"{age},{income},{int(age + income > 90)}\n" for age, income in rows)
    (folder / "people.csv").write_text(f"age,income,bought\n{text}", encoding="utf-8")
    for_tables(folder, 2)
    (folder / "first").mkdir()
    machine = Machine(folder / "first", folder, f"s3://{BUCKET}/team/people", s3_server)
    finished = machine.run()
    assert finished.code == 0, finished.stdout + finished.stderr
    return machine, finished
