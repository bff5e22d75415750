"""The default example as Kubeflow Pipelines runs it, compared with a run on this machine."""

import dataclasses
import json
import re
import tempfile
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import yaml

from examples.bundled import digits
from pipeline.config.kubeflow import Pod
from pipeline.config.load import load
from pipeline.kubeflow import pods
from pipeline.kubeflow.plan import plan
from pipeline.run import beam
from tests.conftest import ROOT
from tests.kubeflow import pod
from tests.kubeflow.conftest import IMAGE, KUBEFLOW, PIPELINE_ROOT
from tests.kubeflow.replay import Cluster
from tests.kubeflow.run import KFP_2_4

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not pod.available(), reason="needs mount namespaces, or root"),
]


def first(folder: Path, pattern: str) -> Path:
    return min(folder.glob(pattern), key=lambda path: int(path.parent.name))


def pixels(folder: Path) -> np.ndarray:
    """What Transform made of the images to train on."""
    examples = [
        tf.train.Example.FromString(record.numpy())
        for record in tf.data.TFRecordDataset([str(file) for file in sorted(folder.glob("*.gz"))], "GZIP")
    ]
    return np.array([example.features.feature["image_xf"].float_list.value for example in examples])


def test_transformed_examples_are_those_of_the_local_run(replay, cluster, digits_run):
    uri = replay.tasks["Transform"].outputs["transformed_examples"].uri
    folder = first(digits_run.workspace / "artifacts/digits/Transform/transformed_examples", "*/Split-train")
    np.testing.assert_array_equal(pixels(cluster.objects.path(uri) / "Split-train"), pixels(folder))


def test_every_task_succeeds_on_its_first_attempt(replay, digits_run):
    assert replay.tasks.keys() == digits_run.finished.states.keys()
    assert {(task.state, task.attempts) for task in replay.tasks.values()} == {("Succeeded", 1)}


def test_pushed_model_predicts_what_the_local_run_s_does(replay, workspace, digits_run):
    (pushed,) = (folder for folder in (workspace / "serving").iterdir() if folder.name.isdecimal())
    serving = digits_run.workspace / "serving"
    local = min(
        (folder for folder in serving.iterdir() if folder.name.isdecimal()), key=lambda path: int(path.name)
    )
    files = sorted(digits_run.workspace.glob("artifacts/digits/ExampleGen/examples/*/Split-test/*.gz"))
    examples = tf.constant([record.numpy() for record in tf.data.TFRecordDataset(files[:1], "GZIP")])
    answers = [
        tf.saved_model.load(str(folder)).signatures["serving_default"](examples=examples)["probabilities"]
        for folder in (pushed, local)
    ]
    assert answers[0].shape == (len(examples), 10)
    np.testing.assert_array_equal(*answers)


def test_training_is_the_local_one(replay, cluster, digits_run):
    uri = replay.tasks["Trainer"].outputs["training_record"].uri
    one = json.loads((cluster.objects.path(uri) / "record.json").read_text())
    records = digits_run.workspace / "artifacts/digits/Trainer/training_record"
    other = json.loads(first(records, "*/record.json").read_text())
    for key in ("training", "history", "decisions", "best_epoch"):
        assert one[key] == other[key]


def test_artifacts_are_in_the_object_store_with_what_tfx_notes_on_them(replay, cluster):
    for task in replay.tasks.values():
        for artifact in task.outputs.values():
            assert artifact.uri.startswith(f"{PIPELINE_ROOT}/digits/run-1/")
    properties = replay.tasks["ExampleGen"].outputs["examples"].properties
    assert properties["split_names"] == '["eval", "test", "train"]'
    assert re.fullmatch("[0-9a-f]{64}", properties["input_fingerprint"])
    pushed = replay.tasks["Pusher"].outputs["pushed_model"]
    assert pushed.properties["pushed"] == 1
    assert (cluster.objects.path(pushed.uri) / "saved_model.pb").is_file()
    blessing = replay.tasks["Evaluator"].outputs["blessing"].properties
    assert blessing["blessed"] == 1
    assert blessing["current_model_id"] == replay.tasks["Trainer"].outputs["model"].number


def test_another_bucket_typed_on_the_web_page_is_refused_before_anything_is_trained(
    replay, cluster, digits_package
):
    run = cluster.run(digits_package, root="s3://other/v2")
    assert run.failure().endswith(
        "Baseline failed: pipeline root: this run keeps its artifacts in s3://other, but the package was compiled for "
        "minio://mlpipeline, where the cache has those of other runs; compile it again with --pipeline-root s3://other/…"
    )
    assert run.tasks["Trainer"].state in ("Cached", "Omitted")


def test_nothing_is_left_in_the_folder_of_attempts(replay, workspace):
    assert list((workspace / "attempts").glob("*/checkpoints/*")) == []


def stock_package(data: Path) -> str:
    """The package that TFX's own runner compiles from the same DAG; its pods find the data on a volume."""
    from tfx.orchestration import pipeline as tfx_pipeline
    from tfx.orchestration.kubeflow.v2 import kubeflow_v2_dag_runner

    from pipeline.dag import create_components

    digits(data)
    loaded = load(
        ROOT / "examples/digits.yaml",
        {"data": {"path": data, "source": None}, "kubeflow": {**KUBEFLOW, "data": "s3://unused/data"}},
    )
    run = plan(loaded).fitted
    run = dataclasses.replace(run, data=dataclasses.replace(run.data, directory=Path("/data")))
    dag = tfx_pipeline.Pipeline(
        "digits",
        PIPELINE_ROOT,
        components=create_components(run),
        beam_pipeline_args=beam.arguments(loaded.beam),
    )
    with tempfile.TemporaryDirectory() as folder:
        kubeflow_v2_dag_runner.KubeflowV2DagRunner(
            kubeflow_v2_dag_runner.KubeflowV2DagRunnerConfig(default_image=IMAGE, use_pipeline_spec_2_1=True),
            output_dir=folder,
            output_filename="pipeline.yaml",
        ).run(dag)
        text = Path(folder, "pipeline.yaml").read_text(encoding="utf-8")
    volume = pods.platform(Pod(volumes=[{"claim": "data", "mount": "/data"}]))
    platform = {"kubernetes": {"deploymentSpec": {"executors": {"ExampleGen_executor": volume}}}}
    # It names no root; the API server's default is of the same kind.
    return f"{text}defaultPipelineRoot: {PIPELINE_ROOT}\n---\n{yaml.safe_dump({'platforms': platform})}"


def test_stock_package_fails_where_tfx_opens_the_object_store_itself(tmp_path):
    # Later releases fail before, see test_entry.
    data = tmp_path / "data"
    data.mkdir()
    run = Cluster(tmp_path / "cluster", KFP_2_4, claims={"data": data}).run(stock_package(data))
    assert run.tasks["ExampleGen"].state == "Failed"
    assert "minio" in run.tasks["ExampleGen"].error
    later = {task.state for name, task in run.tasks.items() if name not in ("Baseline", "ExampleGen")}
    assert later == {"Omitted"}


def test_data_from_an_object_store_on_an_older_kubeflow(tmp_path, digits_config):
    """The first task alone, with the files downloaded by the launcher and the output file in its old place."""
    from pipeline.kubeflow.package import compile_package

    local = tmp_path / "data"
    local.mkdir()
    digits(local)
    keys = {"name": "lake", "env": {"a": "AWS_ACCESS_KEY_ID", "b": "AWS_SECRET_ACCESS_KEY"}}
    opened = {"components": {"ExampleGen": {"secrets": [keys], "env": {"AWS_REGION": "eu"}}}}
    loaded = load(
        digits_config,
        {
            "data": {"path": local, "source": None},
            "kubeflow": {**KUBEFLOW, **opened, "data": "s3://lake/digits"},
        },
    )
    spec = next(yaml.safe_load_all(compile_package(plan(loaded), IMAGE, PIPELINE_ROOT)))
    tasks = spec["root"]["dag"]["tasks"]
    spec["root"]["dag"]["tasks"] = {name: tasks[name] for name in ("data", "ExampleGen")}
    cluster = Cluster(tmp_path / "cluster", KFP_2_4)
    cluster.objects.upload(local, "s3://lake/elsewhere")
    run = cluster.run(yaml.safe_dump(spec), {"data_path": "s3://lake/elsewhere", "data_version": "2"})
    assert run.failure() == ""
    examples = run.tasks["ExampleGen"].outputs["examples"]
    assert {path.name for path in cluster.objects.path(examples.uri).iterdir()} == {
        "Split-train",
        "Split-eval",
        "Split-test",
    }
