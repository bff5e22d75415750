"""Packages that several tests share."""

from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

import kubeflow_runner
from tests.conftest import ROOT
from tests.kubeflow.replay import Cluster
from tests.kubeflow.run import Run

IMAGE = "registry.example/reactive-schedules:1"
PIPELINE_ROOT = "minio://mlpipeline/v2/artifacts"

KUBEFLOW = {
    "workspace": "/mnt/workspace",
    "defaults": {
        "cpu": "500m",
        "memory": "4Gi",
        "env": {"TF_CPP_MIN_LOG_LEVEL": "2"},
        "image_pull_secrets": ["registry"],
        "node_selector": {"disk": "ssd"},
        "secrets": [{"name": "s3-credentials", "env": {"accesskey": "AWS_ACCESS_KEY_ID"}}],
        "volumes": [{"claim": "workspace", "mount": "/mnt/workspace"}],
    },
    "components": {
        "Trainer": {"cpu": 2, "gpu": 1, "env": {"LEVEL": "high"}, "retry": {"count": 3, "seconds": 60}},
        "Tuner": {"memory": "8Gi", "secrets": [{"name": "more", "mount": "/secrets"}]},
    },
}


def compile_(config: Path, output: Path, *arguments: str) -> Result:
    """Runs `kubeflow_runner.py compile`."""
    options = ["--config", config, "--image", IMAGE, "--pipeline-root", PIPELINE_ROOT, "-o", output]
    command = ["compile", *map(str, options), *arguments]
    return CliRunner().invoke(kubeflow_runner.main, command, catch_exceptions=False)


@pytest.fixture(scope="session")
def digits_config(tmp_path_factory) -> Path:
    """The default example, with every setting of pods."""
    document = yaml.safe_load((ROOT / "examples/digits.yaml").read_text())
    path = tmp_path_factory.mktemp("kubeflow") / "digits.yaml"
    path.write_text(yaml.safe_dump({**document, "kubeflow": KUBEFLOW}))
    return path


@pytest.fixture(scope="session")
def digits_package(digits_config) -> str:
    output = digits_config.parent / "pipeline.yaml"
    finished = compile_(digits_config, output)
    assert finished.exit_code == 0, finished.stderr
    assert (finished.stdout, finished.stderr) == (f"Wrote {output}\n", "")
    return output.read_text()


@pytest.fixture(scope="session")
def workspace(tmp_path_factory) -> Path:
    """The volume that outlives the pods."""
    return tmp_path_factory.mktemp("kubeflow-workspace")


@pytest.fixture(scope="session")
def cluster(tmp_path_factory, workspace) -> Cluster:
    secrets = {"s3-credentials": {"accesskey": "a"}}
    return Cluster(tmp_path_factory.mktemp("kubeflow"), claims={"workspace": workspace}, secrets=secrets)


@pytest.fixture(scope="session")
def replay(cluster, digits_package) -> Run:
    """A run of the digits example."""
    run = cluster.run(digits_package)
    print(f"\n{run.table()}")
    assert run.failure() == ""
    return run
