"""The container image, built and run for real: `make image-test`.

No part of the ordinary suite (pytest does not collect files of this name), because it needs root and tools of
Debian's, and takes minutes. The variable IMAGE_BASE names an image to build on; without it Debian is set up from its packages.
"""

import json
import os
import time

import pytest
from packaging.utils import canonicalize_name

from tests.checks import CANNOT_RUN
from tests.conftest import ROOT
from tests.image import container
from tests.image.pod import ImagePod
from tests.kubeflow import replay
from tests.kubeflow.conftest import compile_


@pytest.fixture(scope="session", autouse=True)
def image():
    base = os.environ.get("IMAGE_BASE")
    if problem := container.missing(base):
        pytest.exit(f"skipped: {problem}", returncode=CANNOT_RUN)
    start = time.perf_counter()
    container.build(base)
    print(f"\nbuilt in {time.perf_counter() - start:.0f} s")


def test_selfcheck_passes():
    finished = container.run(["python", "-m", "pipeline.kubeflow.selfcheck"])
    print(f"\n{finished.stdout}")
    assert finished.returncode == 0
    assert "✗" not in finished.stdout


def test_it_is_what_the_image_runs_by_default():
    description, size = container.inspect()
    print(f"\n{size / 1e9:.2f} GB in {len(description['rootfs']['diff_ids'])} layers")
    assert description["config"]["Cmd"] == ["python", "-m", "pipeline.kubeflow.selfcheck"]
    assert description["config"]["User"] == "1000"


def test_nothing_to_build_with_is_left_and_nothing_can_be_overwritten():
    script = (
        "import json, os, shutil, sys, sysconfig; "
        "print(json.dumps([[tool for tool in ('gcc', 'cc', 'make', 'pip', 'pip3', 'uv') if shutil.which(tool)], "
        "[path for path in ('/app', '/opt/venv', sys.prefix) if os.access(path, os.W_OK)]]))"
    )
    tools, writable = json.loads(container.run(["python", "-c", script]).stdout)
    assert tools == []
    assert writable == []


def test_it_says_what_is_inside():
    script = (
        "import json, pathlib; from importlib.metadata import distributions; "
        "print(json.dumps([pathlib.Path('/sbom.cdx.json').read_text(), pathlib.Path('/licences.txt').read_text(), "
        "[[each.metadata['Name'], each.version] for each in distributions()]]))"
    )
    sbom, licences, installed = json.loads(container.run(["python", "-c", script]).stdout)
    versions = {canonicalize_name(name): version for name, version in installed}
    assert {each["name"]: each["version"] for each in json.loads(sbom)["components"]} == versions
    rows = [line.split("\t") for line in licences.splitlines()[1:]]
    assert versions.items() <= {(canonicalize_name(name), version) for name, version, _ in rows}
    assert {"libc6", "python3.11-minimal"} <= {name for name, *_ in rows}
    assert [name for name, _, licence in rows if licence == "unknown"] == []


def test_pipeline_runs_in_it_as_kubeflow_runs_it(tmp_path, monkeypatch):
    monkeypatch.setattr(replay, "Pod", ImagePod)
    compiled = compile_(ROOT / "examples/digits.yaml", tmp_path / "pipeline.yaml", "--no-tune")
    assert compiled.exit_code == 0, compiled.stderr
    run = replay.Cluster(tmp_path / "cluster").run((tmp_path / "pipeline.yaml").read_text())
    print(f"\n{run.table()}")
    assert run.failure() == ""
    assert {task.state for task in run.tasks.values()} == {"Succeeded"}
    assert run.tasks["Pusher"].outputs["pushed_model"].properties["pushed"] == 1
