"""The rules that the replay enforces, with packages of shell commands."""

import json
import os
import pathlib
import re

import pytest
import yaml

from tests.kubeflow import pod
from tests.kubeflow.driver import DriverError
from tests.kubeflow.kubernetes import TooLong
from tests.kubeflow.package import Refused
from tests.kubeflow.replay import Cluster
from tests.kubeflow.run import KFP_2_4, KFP_2_5, KFP_2_15, KFP_2_17

pytestmark = pytest.mark.skipif(not pod.available(), reason="needs mount namespaces, or root")

TYPE = {"schemaTitle": "tfx.Model", "schemaVersion": "0.0.1"}
WRITE = 'mkdir -p "{{$.outputs.artifacts[\'out\'].path}}" && echo "$0" > "{{$.outputs.artifacts[\'out\'].path}}/file"'


def container(script: str, *arguments: str, **more) -> dict:
    return {"container": {"image": "i", "command": ["sh", "-c"], "args": [script, *arguments], **more}}


def package(tasks: dict[str, dict], platform: dict | None = None, **spec) -> str:
    """A package with an executor, inputs and outputs for each task."""
    document = {
        "schemaVersion": "2.1.0",
        "pipelineInfo": {"name": "shell"},
        "defaultPipelineRoot": "minio://bucket/root",
        "components": {},
        "deploymentSpec": {"executors": {}},
        "root": {"dag": {"tasks": {}}, "inputDefinitions": {"parameters": {}}},
    }
    for name, task in tasks.items():
        document["deploymentSpec"]["executors"][f"exec-{name}"] = task["executor"]
        document["components"][name] = {
            "executorLabel": f"exec-{name}",
            "inputDefinitions": task.get("definitions", {}),
            "outputDefinitions": {"artifacts": task.get("outputs", {"out": {"artifactType": TYPE}})},
        }
        document["root"]["dag"]["tasks"][name] = {
            "componentRef": {"name": name},
            "taskInfo": {"name": name},
            **task.get("task", {}),
        }
    document.update(spec)
    documents = [document]
    if platform:
        documents.append({"platforms": {"kubernetes": {"deploymentSpec": {"executors": platform}}}})
    return yaml.safe_dump_all(documents)


def takes(*producers: str) -> dict:
    """Inputs named for their producers."""
    return {
        "inputs": {
            "artifacts": {
                name: {"taskOutputArtifact": {"producerTask": name, "outputArtifactKey": "out"}}
                for name in producers
            }
        }
    }


def one(script: str, *arguments: str, **task) -> str:
    return package({"only": {"executor": container(script, *arguments), **task}})


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
    ("text", "message"),
    [
        (package({"snake_case": {"executor": container("true")}}), "Argo takes no such name"),
        (package({"only": {"executor": {"resolver": {}}}}), "resolver not implemented"),
        (package({"only": {"executor": container("true"), "task": takes("other")}}), "unknown producer task"),
        (package({}, schemaVersion="2.0.0"), "schema version '2.0.0'"),
        (package({}, pipelineInfo={"name": "My_Data"}), "pipelineInfo.name 'My_Data'"),
        (package({}, unknown={}), "unknown"),
    ],
)
def test_package_that_kubeflow_does_not_take(tmp_path, text, message):
    with pytest.raises(Refused, match=message):
        Cluster(tmp_path).run(text)


@pytest.mark.parametrize(
    ("type_", "value", "error"),
    [
        ("NUMBER_INTEGER", 3, ""),
        ("NUMBER_INTEGER", "3", "type mismatch: expect NUMBER_INTEGER, got string_value"),
        ("BOOLEAN", 1, "type mismatch: expect BOOLEAN, got number_value"),
        ("STRING", 3, ""),  # becomes text
        ("STRING", None, "neither value nor default"),
    ],
)
def test_parameters_have_the_type_of_the_component(tmp_path, type_, value, error):
    inputs = {"parameters": {"x": {"runtimeValue": {"constant": value}}}} if value is not None else {}
    text = one("true", definitions={"parameters": {"x": {"parameterType": type_}}}, task={"inputs": inputs})
    assert error in Cluster(tmp_path).run(text).failure()
    assert bool(Cluster(tmp_path / "again").run(text).failure()) == bool(error)


def test_parameters_of_the_run(tmp_path):
    definitions = {"parameters": {"x": {"parameterType": "STRING"}}}
    task = {
        "executor": container("echo \"{{$.inputs.parameters['x']}}\""),
        "definitions": definitions,
        "task": {"inputs": {"parameters": {"x": {"componentInputParameter": "y"}}}},
    }
    dag = yaml.safe_load(package({"only": task}))
    dag["root"]["inputDefinitions"] = {"parameters": {"y": {"parameterType": "STRING", "defaultValue": "a"}}}
    cluster = Cluster(tmp_path)
    for given, printed in [({}, "a\n"), ({"y": "b"}, "b\n")]:
        assert (cluster.run(yaml.safe_dump(dag), given).logs / "only-0.log").read_text() == printed
    with pytest.raises(DriverError, match="unknown input parameter 'z'"):
        cluster.run(yaml.safe_dump(dag), {"z": "c"})


@pytest.mark.parametrize(
    ("condition", "state"),
    [
        ("inputs.artifacts['first'].artifacts[0].metadata['good'] == 1.0", "Succeeded"),
        ("!(inputs.artifacts['first'].artifacts[0].metadata['good'] == 1.0)", "Skipped"),
        ("(inputs.artifacts['first'].artifacts[0].metadata['good'] > 2.0) || (1.0 < 2.0)", "Succeeded"),
        ("inputs.artifacts['first'].artifacts[0].metadata['good'] == '1'", "Failed"),
    ],
)
def test_conditions(tmp_path, condition, state):
    output = json.dumps({"artifacts": {"out": {"artifacts": [{"metadata": {"good": True}}]}}})
    text = package(
        {
            "first": {"executor": container('echo "$0" > /tmp/kfp_outputs/output_metadata.json', output)},
            "second": {
                "executor": container("true"),
                "task": {**takes("first"), "triggerPolicy": {"condition": condition}},
            },
            "third": {"executor": container("true"), "task": takes("second")},
        }
    )
    tasks = Cluster(tmp_path, KFP_2_4).run(text).tasks
    assert tasks["second"].state == state
    assert tasks["third"].state == ("Succeeded" if state == "Succeeded" else "Omitted")


def retried(count: int, maximum: int | None = None, factor: float = 2) -> dict:
    policy = {"maxRetryCount": count, "backoffDuration": "10s", "backoffFactor": factor}
    return {"retryPolicy": policy | ({} if maximum is None else {"backoffMaxDuration": f"{maximum}s"})}


def test_failed_task_is_retried_in_a_new_pod(tmp_path):
    volume = tmp_path / "volume"
    volume.mkdir()
    script = (
        "ls /minio/bucket 2>/dev/null; " + WRITE + " && mkdir /data/$(ls /data | wc -l) && [ -d /data/2 ]"
    )
    mount = {
        "pvcNameParameter": {"runtimeValue": {"constant": "claim"}},
        "constant": "claim",
        "mountPath": "/data",
    }
    text = package(
        {"only": {"executor": container(script, "x"), "task": retried(count=3, maximum=60)}},
        platform={"exec-only": {"pvcMount": [mount]}},
    )
    run = Cluster(tmp_path / "cluster", claims={"claim": volume}).run(text)
    assert (run.tasks["only"].state, run.tasks["only"].attempts) == ("Succeeded", 3)
    assert "claim" in Cluster(tmp_path / "other").run(text).failure()


@pytest.mark.parametrize(
    ("seconds", "maximum", "attempts"),
    [
        (0, 600, 4),  # pauses of 10, 20 and 40 s
        (0, 60, 3),  # the third pause would end after 70 s
        (0, None, 1),  # not set is 0
        (300, 600, 2),  # the second is killed at 600 s, which began at 310
        (700, 600, 1),
        (700, 10**6, 4),
    ],
)
def test_argo_counts_the_longest_pause_from_the_start_of_the_first_attempt(
    tmp_path, seconds, maximum, attempts
):
    task = {"executor": container("exit 1"), "task": retried(3, maximum)}
    run = Cluster(tmp_path, lasting={"only": seconds}).run(package({"only": task}))
    assert (run.tasks["only"].state, run.tasks["only"].attempts) == ("Failed", attempts)
    killed = "failed to execute component: Pod was active on the node longer than the specified deadline"
    assert (run.tasks["only"].tried[-1].error == killed) == (seconds == 300)


def test_argo_takes_whole_factors(tmp_path):
    task = {"executor": container("exit 1"), "task": retried(3, 600, factor=1.5)}
    assert 'parsing "1.5": invalid syntax' in Cluster(tmp_path).run(package({"only": task})).failure()


def test_no_more_tasks_start_when_one_has_failed_for_good(tmp_path):
    text = package(
        {
            "a": {"executor": container("exit 1")},
            "b": {"executor": container("sleep 0.5")},
            "c": {"executor": container("true"), "task": {"dependentTasks": ["b"]}},
        }
    )
    states = {}
    for fail_fast in (True, False):
        run = Cluster(tmp_path / str(fail_fast), fail_fast=fail_fast).run(text, workers=2)
        states[fail_fast] = [run.tasks[name].state for name in "abc"]
    assert states == {True: ["Failed", "Succeeded", "Omitted"], False: ["Failed", "Succeeded", "Succeeded"]}


def test_arguments_are_expanded_in_the_driver_s_pod_and_in_the_task_s(tmp_path):
    definitions = {"parameters": {"x": {"parameterType": "STRING"}}}
    constant = {"parameters": {"x": {"runtimeValue": {"constant": "$ $$ $$$$ $(KFP_POD_NAME) $(HOME)"}}}}
    task = {
        "executor": container('echo "$0"', "{{$.inputs.parameters['x']}} $$$$(A) $(A)", env=[{"name": "A", "value": "$$$$"}]),
        "definitions": definitions,
        "task": {"inputs": constant},
    }  # fmt: skip
    run = Cluster(tmp_path).run(package({"only": task}))
    assert (run.logs / "only-0.log").read_text() == "$ $ $ only-driver $(HOME) $(A) $$\n"


@pytest.mark.parametrize(("length", "fails"), [(100_000, False), (140_000, True)])
def test_an_argument_has_at_most_128_kib(tmp_path, length, fails):
    text = one("true", task={"inputs": {"parameters": {"x": {"runtimeValue": {"constant": "x" * length}}}}})
    if fails:
        with pytest.raises(TooLong, match="Argument list too long"):
            Cluster(tmp_path).run(text)
    else:
        assert Cluster(tmp_path).run(text).failure() == ""


def test_environment_is_that_of_the_package_and_its_secrets(tmp_path, monkeypatch):
    monkeypatch.setenv("OF_THE_TEST", "leaked")
    secret = {
        "secretName": "s3",
        "secretNameParameter": {"runtimeValue": {"constant": "s3"}},
        "keyToEnv": [{"secretKey": "key", "envVar": "SECRET"}],
    }
    executor = container('echo "$PLAIN $SECRET $OF_THE_TEST"', env=[{"name": "PLAIN", "value": "a"}])
    text = package({"only": {"executor": executor}}, platform={"exec-only": {"secretAsEnv": [secret]}})
    run = Cluster(tmp_path, secrets={"s3": {"key": "b"}}).run(text)
    assert (run.logs / "only-0.log").read_text() == "a b \n"
    assert "secret 's3' not found" in Cluster(tmp_path / "other").run(text).failure()


def test_cache_is_asked_with_what_goes_into_a_task(tmp_path):
    cached = {"cachingOptions": {"enableCache": True}}
    cluster = Cluster(tmp_path)

    def states(word: str) -> list[str]:
        text = package(
            {
                "first": {"executor": container(WRITE, word), "task": cached},
                "second": {"executor": container(WRITE, "x"), "task": {**takes("first"), **cached}},
                "third": {"executor": container(WRITE, "x")},
            }
        )
        tasks = cluster.run(text).tasks
        return [tasks[name].state for name in ("first", "second", "third")]

    assert states("a") == ["Succeeded", "Succeeded", "Succeeded"]
    assert states("a") == ["Cached", "Cached", "Succeeded"]
    assert states("b") == ["Succeeded", "Succeeded", "Succeeded"]


ARTIFACT = {"schemaTitle": "system.Artifact", "schemaVersion": "0.0.1"}
FROM_THE_CACHE = package(
    {
        "first": {
            "executor": container(WRITE, "hello"),
            "outputs": {"out": {"artifactType": ARTIFACT}},
            "task": {"cachingOptions": {"enableCache": True}},
        },
        "second": {
            "executor": container("grep -q hello \"{{$.inputs.artifacts['first'].path}}/file\""),
            "outputs": {"out": {"artifactType": ARTIFACT}},
            "definitions": {"artifacts": {"first": {"artifactType": ARTIFACT}}},
            "task": takes("first"),
        },
    }
)
"""Two tasks, of which the second reads what the first may have from the cache."""


def ends_elsewhere(cluster: Cluster, root: str) -> list[str]:
    """States of the two tasks, and the cause, in a run under another root than the one before."""
    assert cluster.run(FROM_THE_CACHE).failure() == ""
    run = cluster.run(FROM_THE_CACHE, root=root)
    # To 2.14, the launcher has no driver for `minio://` there; later, it lacks a region.
    cause = re.search("to (download input artifact|fetch non default buckets)", run.failure())
    return [*(run.tasks[name].state for name in ("first", "second")), "bucket" if cause else run.failure()]


ELSEWHERE = {
    "minio://bucket/elsewhere": ["Cached", "Succeeded", ""],
    "minio://other/root": ["Cached", "Failed", "bucket"],
    "s3://bucket/root": ["Cached", "Failed", "bucket"],
}


@pytest.mark.parametrize("root", ELSEWHERE)
def test_a_root_in_another_bucket_finds_what_it_cannot_download(tmp_path, root):
    """The root is not part of the key of the cache."""
    assert ends_elsewhere(Cluster(tmp_path), root) == ELSEWHERE[root]


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
