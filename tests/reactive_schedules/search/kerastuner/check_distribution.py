"""KerasTuner's chief and two workers, in processes: `make tuner-test`. The chief takes 20 s to notice its end."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.reactive_schedules.search.kerastuner.problem import scores, search, tuner


def test_workers_of_a_chief_find_what_one_process_finds(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def start(name: str) -> subprocess.Popen:
        variables = {
            "KERASTUNER_TUNER_ID": name,
            "KERASTUNER_ORACLE_IP": "127.0.0.1",
            "KERASTUNER_ORACLE_PORT": str(port),
        }
        command = [
            sys.executable,
            "-m",
            "tests.reactive_schedules.search.kerastuner.problem",
            tmp_path / "together",
        ]
        with Path(tmp_path, f"{name}.log").open("wb") as log:
            return subprocess.Popen(
                command, env={**os.environ, **variables}, cwd=ROOT, stdout=log, stderr=log
            )

    started = {name: start(name) for name in ("chief", "tuner0", "tuner1")}
    try:
        for name, process in started.items():
            assert process.wait(600) == 0, Path(tmp_path, f"{name}.log").read_text(encoding="utf-8")
    finally:
        for process in started.values():
            process.kill()
    alone = search(tuner(tmp_path / "alone"))
    together = tuner(tmp_path / "together")
    together.oracle.reload()
    saved = {file.stem for file in Path(together.project_dir).glob("*.json")}  # by workers that have trained
    assert {"tuner0", "tuner1"} <= saved
    best = [each.oracle.get_best_trials()[0] for each in (alone, together)]
    assert best[0].score == pytest.approx(best[1].score, rel=1e-6)
    assert len(scores(together)) == len(scores(alone)) == 7
    state = json.loads(Path(together.project_dir, "oracle.json").read_bytes())
    assert not state["ongoing_trials"]
