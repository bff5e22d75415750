"""What the replay hands from task to task, with packages of shell commands."""

import json
import os
import pathlib

import pytest

from tests.kubeflow import pod
from tests.kubeflow.replay import Cluster
from tests.kubeflow.run import KFP_2_4, KFP_2_5, KFP_2_15, KFP_2_17
from tests.kubeflow.shell import TYPE, WRITE, container, one, package, takes

pytestmark = pytest.mark.skipif(not pod.available(), reason="needs mount namespaces, or root")


@pytest.mark.parametrize("version", [KFP_2_4, KFP_2_5, KFP_2_15, KFP_2_17])
def test_outputs_are_uploaded_and_downloaded_for_the_next_task(tmp_path, version):
    read = "grep -q hello \"{{$.inputs.artifacts['first'].path}}/file\" || exit 3; " + WRITE
    text = package(
        {
            "first": {"executor": container(WRITE, "hello")},
            "second": {"executor": container(read, "world"), "task": takes("first")},
        }
    )
    cluster = Cluster(tmp_path, version)
    run = cluster.run(text)
    assert run.failure() == ""
    uri = run.tasks["second"].outputs["out"].uri
    assert uri.startswith("minio://bucket/root/shell/run-1/second/")
    assert (cluster.objects.path(uri) / "file").read_text() == "world\n"
    assert ("executor-logs" in run.tasks["second"].outputs) == version.publish_logs


def test_task_sees_only_what_is_downloaded_for_it(tmp_path):
    look = "sleep 0.2; find /minio /s3 /gcs -type f ! -name 'executor-logs*' | sort; " + WRITE
    text = package(
        {
            "a": {"executor": container(WRITE, "a")},
            "b": {"executor": container(look, "b")},
            "c": {"executor": container(look, "c"), "task": takes("a")},
            "d": {"executor": container(look, "d"), "task": takes("c")},
        }
    )
    run = Cluster(tmp_path).run(text, workers=4)
    assert run.failure() == ""
    seen = {name: (run.logs / f"{name}-0.log").read_text() for name in "bcd"}
    assert seen["b"] == ""
    assert [line.split("/")[-4] for line in seen["c"].split()] == ["a"]
    assert [line.split("/")[-4] for line in seen["d"].split()] == ["c"]


@pytest.mark.skipif(
    os.geteuid() != 0 or pathlib.Path("/minio").exists(), reason="needs root, and /minio to itself"
)
def test_pods_without_namespaces_take_turns(tmp_path, monkeypatch):
    monkeypatch.setattr(pod, "_has_namespaces", lambda: False)
    read = "ls /minio/bucket/root/shell/run-1; grep -q hello \"{{$.inputs.artifacts['a'].path}}/file\" || exit 3; "
    text = package(
        {
            "a": {"executor": container(WRITE, "hello")},
            "b": {"executor": container(WRITE, "hello")},
            "c": {"executor": container(read + WRITE, "c"), "task": takes("a")},
        }
    )
    run = Cluster(tmp_path).run(text, workers=3)
    assert run.failure() == ""
    assert (run.logs / "c-0.log").read_text().split() == ["a", "c"]
    assert not os.path.lexists("/minio")


def test_executor_input_has_blank_types_and_integer_names(tmp_path):
    text = package(
        {
            "first": {"executor": container(WRITE, "hello")},
            "second": {"executor": container('echo "$0"; ' + WRITE, "{{$}}"), "task": takes("first")},
        }
    )
    run = Cluster(tmp_path).run(text)
    given = json.loads((run.logs / "second-0.log").read_text())
    (artifact,) = given["inputs"]["artifacts"]["first"]["artifacts"]
    assert artifact["type"] == {"instanceSchema": ""}
    assert artifact["name"].isdecimal()
    assert artifact["uri"].startswith("minio://")
    assert {"display_name", "store_session_info"} <= artifact["metadata"].keys()
    assert given["outputs"]["outputFile"].startswith("/minio/bucket/root/shell/run-1/second/")


@pytest.mark.parametrize(
    ("output", "error"),
    [
        ({"artifacts": {}}, None),
        ({"artefacts": {}}, "failed to unmarshall ExecutorOutput"),
        ({"artifacts": {"out": {"artifacts": [{"metadata": {"x": None}}]}}}, "unsupported value type"),
        ({"artifacts": {"out": {"artifacts": [{"uri": "/tmp/x"}]}}}, "unsupported storage scheme"),
    ],
)
@pytest.mark.parametrize("version", [KFP_2_4, KFP_2_15])
def test_output_file_is_read_strictly(tmp_path, version, output, error):
    # The file's path is in the executor input, which sh cannot parse.
    write = 'file=$(echo "$0" | sed \'s/.*"outputFile": *"\\([^"]*\\)".*/\\1/\'); echo "$1" > "$file"'
    task = Cluster(tmp_path, version).run(one(write, "{{$}}", json.dumps(output))).tasks["only"]
    assert task.state == ("Failed" if error else "Succeeded")
    assert (error or "") in task.error


@pytest.mark.parametrize(
    ("uri", "env", "cause"),
    [
        ("minio://bucket/data", {}, ""),
        ("s3://other/data", {}, "Invalid region"),
        ("s3://other/data", {"AWS_REGION": "here"}, ""),
    ],
)
def test_importer_is_an_input_like_any_other(tmp_path, uri, env, cause):
    cluster = Cluster(tmp_path)
    target = cluster.objects.path(f"{uri}/file")
    target.parent.mkdir(parents=True)
    target.write_text("hello")
    executor = {"importer": {"artifactUri": {"runtimeParameter": "uri"}, "typeSchema": TYPE}}
    task = {"inputs": {"parameters": {"uri": {"runtimeValue": {"constant": uri}}}}}
    text = package(
        {
            "data": {
                "executor": executor,
                "task": task,
                "definitions": {"parameters": {"uri": {"parameterType": "STRING"}}},
            },
            "reader": {
                "executor": container(
                    f"grep hello /{uri.replace('://', '/')}/file",
                    env=[{"name": key, "value": value} for key, value in env.items()],
                ),
                "task": takes("data"),
            },
        }
    )
    failure = cluster.run(text).failure()
    assert cause in failure
    assert bool(cause) == bool(failure)
