"""The container entry, on what KFP's launcher gives it."""

import ast
import json
from pathlib import Path

import pytest
from google.protobuf import json_format
from kfp.pipeline_spec import pipeline_spec_pb2 as spec_pb2

from components.errors import DataError, UserError
from components.example_gen.fingerprint import fingerprint
from pipeline.config import uris
from pipeline.kubeflow import entry, parameters
from tests.kubeflow import pod, shell
from tests.kubeflow.driver import local_path
from tests.kubeflow.replay import Cluster

DATASET = {"schemaTitle": "system.Dataset"}
MODEL = {"instanceSchema": "title: tfx.Model\ntype: object\n"}
STUDY = {"instanceSchema": "title: components.Study\ntype: object\n"}


@pytest.fixture
def scratch(tmp_path, monkeypatch):
    """The launcher's folders, in a place where every user may write."""
    for scheme, folder in uris.SCHEMES.items():
        monkeypatch.setitem(uris.SCHEMES, scheme, f"{tmp_path}{folder}")
    return tmp_path


def executor_input(output_file: str, values: dict | None = None) -> dict:
    model = {
        "name": "17",
        "uri": "minio://bucket/root/Trainer/x/model",
        "type": {"instanceSchema": ""},
        "metadata": {"version": "4", "display_name": "model", "store_session_info": "{}"},
    }
    study = {"name": "study", "uri": "s3://bucket/root/Echo/y/study", "type": STUDY}
    logs = {"name": "executor-logs", "uri": "s3://b/logs", "type": {"schemaTitle": "system.Artifact"}}
    return {
        "inputs": {"artifacts": {"model": {"artifacts": [model]}}, "parameterValues": values or {}},
        "outputs": {
            "artifacts": {"study": {"artifacts": [study]}, "executor-logs": {"artifacts": [logs]}},
            "outputFile": output_file,
        },
        "aFieldOfTheFuture": 1,
    }


SPEC = {
    "artifacts": {"model": {"artifactType": MODEL}},
    "parameters": {
        "count": {"parameterType": "NUMBER_INTEGER"},
        "share": {"parameterType": "NUMBER_DOUBLE"},
        "text": {"parameterType": "STRING"},
    },
}


def arguments(executor: str, given: dict, *beam: str) -> list[str]:
    return [
        *("--component", "Echo", "--executor_class_path", f"tests.kubeflow.executors.{executor}"),
        *("--json_serialized_invocation_args", json.dumps(given)),
        *("--json_serialized_inputs_spec_args", json.dumps(SPEC), *beam),
    ]


@pytest.mark.parametrize("folder", ["tmp/kfp_outputs", "s3/bucket/root/Echo/y"])
def test_executor_gets_typed_artifacts_with_local_files(scratch, folder):
    values = {"count": 3, "share": 0.5, "text": "[1]"}
    file = scratch / folder / "output_metadata.json"
    entry.main(arguments("Echo", executor_input(str(file), values), "--runner=FnApiRunner"))

    given = (scratch / "s3/bucket/root/Echo/y/study/given.txt").read_text().splitlines()
    assert given[:4] == ["Model", f"{scratch}/minio/bucket/root/Trainer/x/model", "17", "4"]
    properties = ast.literal_eval(given[4])
    assert properties == values
    assert {name: type(value) for name, value in properties.items()} == {
        "count": int,
        "share": float,
        "text": str,
    }

    output = json_format.Parse(file.read_text(), spec_pb2.ExecutorOutput())
    assert list(output.artifacts) == ["study"]
    (artifact,) = output.artifacts["study"].artifacts
    metadata = json_format.MessageToDict(artifact.metadata)
    assert artifact.uri == "s3://bucket/root/Echo/y/study"
    assert metadata.pop("tfx_version")
    assert metadata == {"read": "minio://bucket/root/Trainer/x/model", "count": 3, "model_id": 17}


def parsed(values: dict) -> tuple:
    return (
        json_format.ParseDict(
            executor_input("x", values), spec_pb2.ExecutorInput(), ignore_unknown_fields=True
        ),
        json_format.ParseDict(
            {"parameters": {"epochs": {"parameterType": "NUMBER_INTEGER"}}, "artifacts": SPEC["artifacts"]},
            spec_pb2.ComponentInputsSpec(),
        ),
    )


@pytest.mark.parametrize("epochs", [2.5, 0, -1])
def test_what_the_web_page_takes_for_an_integer_is_refused(scratch, epochs):
    with pytest.raises(UserError, match=rf"^epochs: must be a positive whole number; got {epochs}$"):
        entry.run("tests.kubeflow.executors.Echo", *parsed({"epochs": epochs}))


def test_links_that_the_launcher_cannot_upload_are_refused(scratch):
    with pytest.raises(
        UserError, match="^output study: a is a link that leads nowhere, which Kubeflow cannot upload"
    ):
        entry.run("tests.kubeflow.executors.Links", *parsed({}))


@pytest.mark.skipif(not pod.available(), reason="needs mount namespaces, or root")
def test_a_killed_task_finds_its_checkpoints_at_the_next_attempt(tmp_path):
    """A pod that Kubernetes stops is killed in the end: SIGTERM reaches the launcher alone."""
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    mount = {
        "pvcNameParameter": {"runtimeValue": {"constant": "c"}},
        "constant": "c",
        "mountPath": "/mnt/workspace",
    }
    env = [{"name": "ATTEMPTS_DIR", "value": "/mnt/workspace/attempts"}]
    executor = {
        "image": "i",
        "command": ["python", "-m", "pipeline.kubeflow.entry"],
        "args": [
            *("--component", "Tuner", "--executor_class_path", "tests.kubeflow.executors.KilledOnce"),
            *("--json_serialized_invocation_args", "{{$}}", "--json_serialized_inputs_spec_args", "{}"),
        ],
        "env": env,
    }
    policy = {"maxRetryCount": 1, "backoffDuration": "1s", "backoffFactor": 2, "backoffMaxDuration": "600s"}
    task = {
        "executor": {"container": executor},
        "task": {"retryPolicy": policy},
        "outputs": {"study": {"artifactType": STUDY}},
    }
    text = shell.package({"Tuner": task}, platform={"exec-Tuner": {"pvcMount": [mount]}})
    run = Cluster(tmp_path / "cluster", claims={"c": workspace}).run(text)
    assert run.failure() == ""
    assert [attempt.error for attempt in run.tasks["Tuner"].tried] == [
        "failed to execute component: signal: killed",
        "",
    ]
    logs = [(run.logs / f"Tuner-{number}.log").read_text() for number in range(2)]
    assert ["epochs: 0" in logs[0], "epochs: 1" in logs[1]] == [True, True]


@pytest.mark.skipif(not pod.available(), reason="needs mount namespaces, or root")
def test_error_of_the_executor_is_the_last_line(tmp_path):
    given = executor_input("/tmp/kfp_outputs/output_metadata.json")
    command = ["python", "-m", "pipeline.kubeflow.entry", *arguments("Fails", given)]
    log = tmp_path / "log"
    assert pod.Pod(tmp_path / "pod", {}).run(command, {}, log) == 1
    assert log.read_text().splitlines()[-1] == (
        "Echo failed: ValueError: the data is empty (tests/kubeflow/executors.py, line 54, in Do)"
    )
    assert "Traceback (most recent call last)" in log.read_text()
    # Every import costs seconds in every pod.
    assert "imported: tensorflow\n" in log.read_text()


def test_tfx_cannot_read_what_the_launcher_writes():
    """Why we do not use TFX's own entry: it fails on the blank type of any input, and on the launcher's log."""
    from tfx.orchestration.kubeflow.v2.container.kubeflow_v2_entrypoint_utils import parse_raw_artifact_dict

    given = json_format.ParseDict(executor_input("x"), spec_pb2.ExecutorInput(), ignore_unknown_fields=True)
    with pytest.raises(AttributeError, match="'NoneType' object has no attribute 'get'"):
        parse_raw_artifact_dict(given.inputs.artifacts)
    with pytest.raises(ImportError, match="Could not import system.Artifact"):
        parse_raw_artifact_dict(given.outputs.artifacts)


@pytest.mark.parametrize("uri", ["minio://b/k/x", "s3://b/k", "gs://b/k/y/z"])
def test_uris_are_where_the_launcher_has_the_files(uri):
    assert uris.to_local(uri) == local_path(uri)
    assert uris.to_remote(uris.to_local(uri)) == uri


@pytest.mark.parametrize("text", ["/mnt/data", "hello", "minio://", "http://b/k", "oci://b"])
def test_other_texts_are_no_uris(text):
    assert uris.scheme(text) is None
    assert uris.to_local(text) == uris.to_remote(text) == text


TRAINING = json.dumps({"epochs": 30, "seed": 0})
DEFAULTS = {"data_path": "/data", "data_version": "1", "epochs": 30, "trials": 8}


def test_parameters_are_put_in_their_place():
    search = json.dumps({"epochs": 10, "trials": 8})
    config = json.dumps({"name": "x", "search": None, "training": json.loads(TRAINING)})
    own = {"training": TRAINING, "search": search, "config": config, "candidate": "c", "data": "1"}
    properties = {**own, **DEFAULTS}
    assert parameters.apply(properties, DEFAULTS) == own
    changed = parameters.apply({**properties, "epochs": 5, "trials": 3, "data_version": "2"}, DEFAULTS)
    assert json.loads(changed["training"]) == {"epochs": 5, "seed": 0}
    assert json.loads(changed["search"]) == {"trials": 3, "epochs": 5}
    assert json.loads(changed["config"]) == {
        "name": "x",
        "search": None,
        "training": {"epochs": 5, "seed": 0},
    }
    assert changed["data"] == "2"
    assert changed["candidate"] not in ("c", "")


def test_candidate_is_another_for_every_change():
    changes = [{}, {"epochs": 5}, {"trials": 5}, {"data_version": "5"}, {"data_path": "/5"}]
    candidates = [
        parameters.apply({"candidate": "c", **DEFAULTS, **change}, DEFAULTS)["candidate"]
        for change in changes
    ]
    assert len(set(candidates)) == len(changes)


def example_gen(scratch: Path, data_path: str) -> tuple[dict, dict]:
    """Runs what comes before ExampleGen; returns properties and the artifact's."""
    from tfx.types import standard_artifacts

    from pipeline.kubeflow.example_gen import drive

    examples = standard_artifacts.Examples()
    config = json.dumps({"splits": [{"name": "all", "pattern": "*.csv"}]})
    properties = drive(
        {"input_config": config, "data_path": data_path}, {"examples": [examples]}, scratch / "made"
    )
    return properties, {
        key: examples.get_custom_property(key) for key in examples.mlmd_artifact.custom_properties
    }


@pytest.mark.parametrize(
    ("data_path", "pattern"),
    [
        ("{scratch}/s3/lake/people", "*.csv"),
        ("s3://lake/people", "*.csv"),
        ("s3://lake/people/some.csv", "some.csv"),
        ("examples.bundled.wine", "*.csv"),
    ],
)
def test_data_is_found_on_volumes_in_object_stores_and_in_functions(scratch, data_path, pattern):
    folder = scratch / "s3/lake/people"
    folder.mkdir(parents=True)
    (folder / "some.csv").write_text("a,b\n1,2\n")
    properties, noted = example_gen(scratch, data_path.format(scratch=scratch))
    found = scratch / "made" if data_path.startswith("examples") else folder
    assert properties["input_base"] == str(found)
    assert "data_path" not in properties
    (split,) = json.loads(properties["input_config"])["splits"]
    assert split["pattern"] == pattern
    assert (properties["span"], properties["version"]) == (0, None)
    assert noted["span"] == 0
    assert noted["input_fingerprint"] == fingerprint(found.glob(pattern))


def test_pods_train_on_the_latest_span_on_a_volume(scratch):
    for number in (1, 2):
        (scratch / f"day-{number}").mkdir()
        (scratch / f"day-{number}/a.csv").write_text("a,label\n1,2\n")
    pattern = f"{scratch}/day-{{SPAN}}"
    properties, noted = example_gen(scratch, pattern)
    assert (properties["input_base"], properties["span"]) == (f"{scratch}/day-2", 2)
    assert noted["span"] == 2
    # Whatever the span was when the package was compiled.
    found = drive_splits(scratch, f"{scratch}/day-1", {"all": "*.csv"}, span=9)
    assert (found["span"], found["version"]) == (0, None)


@pytest.mark.parametrize(
    ("data_path", "remedy"),
    [("s3://lake/nobody", "upload the files there"), ("/nowhere/people", "mount the volume that holds it")],
)
def test_missing_data_has_a_remedy(scratch, data_path, remedy):
    with pytest.raises(FileNotFoundError, match=f"data_path: {data_path} does not exist; {remedy}"):
        example_gen(scratch, data_path)


def test_a_file_may_have_another_format_than_compiled_for(scratch):
    (scratch / "s3/lake").mkdir(parents=True)
    (scratch / "s3/lake/people.parquet").touch()
    properties, _ = example_gen(scratch, "s3://lake/people.parquet")
    assert json.loads(properties["input_config"])["splits"][0]["pattern"] == "people.parquet"


def drive_splits(
    scratch: Path, data_path: str, inputs: dict[str, str], span: int | None = None, **split
) -> dict:
    """What comes before ExampleGen, for these input splits and settings."""
    from tfx.types import standard_artifacts
    from tfx.utils import proto_utils

    from components.example_gen.settings import Settings
    from pipeline.kubeflow.example_gen import drive

    config = json.dumps({"splits": [{"name": name, "pattern": pattern} for name, pattern in inputs.items()]})
    settings = proto_utils.proto_to_json(Settings("label", split, span=span).to_proto())
    properties = {"input_config": config, "data_path": data_path, "custom_config": settings}
    return drive(properties, {"examples": [standard_artifacts.Examples()]}, scratch / "made")


def test_splits_of_the_user_reach_the_pods_as_compiled(scratch):
    folder = scratch / "s3/lake/people"
    folder.mkdir(parents=True)
    for name in ("train.csv", "test.csv"):
        (folder / name).write_text(f"a,label\n1,{name}\n")
    inputs = {"train": "train.csv", "test": "test.csv"}
    properties = drive_splits(scratch, "s3://lake/people", inputs, shares={"train": 14, "eval": 3})
    assert [split["pattern"] for split in json.loads(properties["input_config"])["splits"]] == [
        "train.csv",
        "test.csv",
    ]
    files = [folder / "train.csv", folder / "test.csv"]
    assert properties["input_fingerprint"] == fingerprint(files)
    with pytest.raises(
        DataError, match="data_path: .*train.csv is a file; give the folder with the files of all"
    ):
        drive_splits(scratch, "s3://lake/people/train.csv", inputs)


def test_pods_never_pool_splits_in_silence(scratch):
    folder = scratch / "s3/lake/people"
    folder.mkdir(parents=True)
    for name in ("train.csv", "test.csv"):
        (folder / name).write_text("a,label\n1,b\n")
    with pytest.raises(
        DataError, match="has files for train and test; compile the package with data.split.files, or"
    ):
        drive_splits(scratch, "s3://lake/people", {"all": "*.csv"})
    drive_splits(scratch, "s3://lake/people", {"all": "*.csv"}, hash=True)


def test_attempts_are_kept_where_the_pod_is_told(monkeypatch):
    from components.learning.attempt import checkpoint_dir

    uri = "/minio/bucket/root/run-1/Trainer/1b2c/model"
    beside = checkpoint_dir(uri, {}, {})
    assert beside.parent == Path("/minio/bucket/root/run-1/Trainer/checkpoints")
    monkeypatch.setenv("ATTEMPTS_DIR", "/mnt/workspace/attempts")
    assert checkpoint_dir(uri, {}, {}) == Path("/mnt/workspace/attempts/Trainer/checkpoints", beside.name)
