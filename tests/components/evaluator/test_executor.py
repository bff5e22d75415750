"""The evaluation in columns, and TFX's own on the same examples and models."""

import json
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_model_analysis as tfma
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx.components.evaluator import executor as tfx_executor
from tfx.types import standard_artifacts
from tfx.utils import io_utils, proto_utils

from components import shards
from components.errors import DataError
from components.evaluator.executor import Executor
from components.evaluator.settings import Settings
from components.evaluator.tfma_files import CLASSES as TFMA
from components.features import LABEL, LabelFeature
from pipeline.run import beam

pytestmark = pytest.mark.slow

ROWS = 700
COLUMNS = {
    "number": schema_pb2.FLOAT,
    "word": schema_pb2.BYTES,
    "day": schema_pb2.INT,
    "half": schema_pb2.FLOAT,
    "tags": schema_pb2.BYTES,
    "rare": schema_pb2.BYTES,  # no example of this split has a value
    "weight": schema_pb2.FLOAT,
    "customer": schema_pb2.INT,
}
TASKS = {"several": ("no", "yes", "maybe"), "binary": ("no", "yes"), "regression": ()}
SLICES = ["word", "day", "half", "tags", "rare"]


def examples(classes: tuple[str, ...] = TASKS["several"]) -> list[bytes]:
    """Rows with gaps, with text that is not ASCII, and with several values in a cell."""
    random = np.random.default_rng(0)
    made = []
    for place in range(ROWS):
        row: dict[str, list] = {
            "number": [random.normal()],
            "word": [["äther", "plain", "1"][place % 3]] if place % 5 else [],
            "day": [int(random.integers(-1, 3))],
            "half": [[0.5, 1.5, 0.1][place % 3]],
            "tags": [["a", "b"], ["b", "b"], []][place % 3],
            "target": [random.normal() + 3],
            "kind": [(classes or ("no",))[int(random.integers(len(classes) or 1))]],
            "weight": [float(random.random() + 0.1)],
            "customer": [int(random.integers(80))],
        }
        features = {}
        for name, values in row.items():
            if values and isinstance(values[0], str):
                feature = tf.train.Feature(bytes_list={"value": [value.encode() for value in values]})
            elif values and isinstance(values[0], int):
                feature = tf.train.Feature(int64_list={"value": values})
            else:
                feature = tf.train.Feature(float_list={"value": values})
            if values:
                features[name] = feature
        made.append(tf.train.Example(features={"feature": features}).SerializeToString(deterministic=True))
    return made


class Model(tf.Module):
    """Signatures as `components.trainer.export` writes them, with the same answer for a row at any place in a batch.

    An exponential and a quotient have not, in the last digit: TensorFlow computes the end of a vector otherwise.
    """

    def __init__(self, slope: float, classes: tuple[str, ...]) -> None:
        super().__init__()
        self.slope = tf.Variable(slope)
        if classes:
            keys = tf.lookup.KeyValueTensorInitializer(classes, tf.range(len(classes), dtype=tf.int64))
            self.table = tf.lookup.StaticHashTable(keys, -1)
        self.classes = classes

    def serve(self, examples: tf.Tensor) -> dict[str, tf.Tensor]:
        spec = {"number": tf.io.FixedLenFeature([1], tf.float32)}
        number = tf.io.parse_example(examples, spec)["number"] * self.slope
        if not self.classes:
            return {"prediction": number[:, 0]}
        first = 0.5 + tf.clip_by_value(number, -1.9, 1.9) / 4
        if len(self.classes) == 2:
            return {"probabilities": tf.concat([first, 1 - first], axis=1)}
        second = 0.5 + tf.clip_by_value(40 * number, -2.0, 2.0) / 4
        return {"probabilities": tf.concat([first / 2, second / 2, 1 - first / 2 - second / 2], axis=1)}

    def transform(self, examples: tf.Tensor) -> dict[str, tf.Tensor]:
        spec = {"kind": tf.io.FixedLenFeature([1], tf.string)}
        return {LABEL: self.table.lookup(tf.io.parse_example(examples, spec)["kind"])}

    def save(self, folder: Path) -> standard_artifacts.Model:
        taken = [tf.TensorSpec([None], tf.string, name="examples")]
        signatures = {"serving_default": tf.function(self.serve, input_signature=taken)}
        if self.classes:
            signatures["transform_features"] = tf.function(self.transform, input_signature=taken)
        tf.saved_model.save(self, str(folder / "Format-Serving"), signatures=signatures)
        model = standard_artifacts.Model()
        model.uri = str(folder)
        return model


Subject = tuple[LabelFeature, dict]


@pytest.fixture(scope="module", params=TASKS)
def subject(request, tmp_path_factory) -> Subject:
    """A label, and inputs of the Evaluator with a baseline."""
    folder = tmp_path_factory.mktemp(request.param)
    classes = TASKS[request.param]
    label = LabelFeature(
        "kind" if classes else "target",
        "classification" if classes else "regression",
        classes,
        1 if len(classes) == 2 else None,
    )
    schema = schema_pb2.Schema()
    for name, kind in {**COLUMNS, "kind": schema_pb2.BYTES, "target": schema_pb2.FLOAT}.items():
        schema.feature.add(name=name, type=kind)
    described = standard_artifacts.Schema()
    described.uri = str(folder / "schema")
    io_utils.write_pbtxt_file(str(folder / "schema/schema.pbtxt"), schema)
    inputs = {
        "examples": [written(folder / "examples", [examples(classes)])],
        "model": [Model(1.0, classes).save(folder / "model")],
        "baseline_model": [Model(-0.3, classes).save(folder / "baseline")],
        "schema": [described],
    }
    return label, inputs


def written(folder: Path, parts: list[list[bytes]]) -> standard_artifacts.Examples:
    for place, part in enumerate(parts):
        shards.write(f"{folder}/Split-test/{shards.name(place, len(parts))}", part)
    found = standard_artifacts.Examples()
    found.uri, found.split_names = str(folder), json.dumps(["test"])
    return found


def evaluated(
    folder: Path,
    subject: Subject,
    workers: tuple[str, ...] = (),
    changed: dict | None = None,
    **settings,
) -> tuple[Path, dict]:
    """Runs our executor; returns the folder of the evaluation, and the properties of the blessing."""
    label, inputs = subject
    metric = "accuracy" if label.classes else "rmse"
    asked = Settings(
        **{"label": label, "metric": metric, "threshold": 0.9, "slices": tuple(SLICES), **settings}
    )
    return ran(Executor, folder, {**inputs, **(changed or {})}, {"settings": asked.to_json()}, workers)


def ran(
    executor: type, folder: Path, inputs: dict, asked: dict, workers: tuple[str, ...] = ()
) -> tuple[Path, dict]:
    evaluation, blessing = standard_artifacts.ModelEvaluation(), standard_artifacts.ModelBlessing()
    evaluation.uri, blessing.uri = str(folder / "evaluation"), str(folder / "blessing")
    context = executor.Context(
        beam_pipeline_args=beam.arguments(list(workers)), tmp_dir=str(folder), unique_id="1"
    )
    executor(context).Do(
        inputs,
        {"evaluation": [evaluation], "blessing": [blessing]},
        {**asked, "example_splits": json.dumps(["test"]), "current_component_id": "Evaluator"},
    )
    names = sorted(file.name for file in Path(blessing.uri).iterdir())
    properties = {key: str(value) for key, value in blessing.mlmd_artifact.custom_properties.items()}
    return folder / "evaluation", {"files": names, **properties}


def content(folder: Path) -> dict:
    return json.loads((folder / "metrics.json").read_text())


def values(folder: Path) -> dict:
    """All figures that TFMA finds in an evaluation."""
    return {
        (model, key, name): value.get("doubleValue")
        for model in ("candidate", "baseline")
        for key, outputs in tfma.load_eval_result(str(folder), model_name=model).slicing_metrics
        for name, value in outputs[""][""].items()
    }


@pytest.fixture(scope="module")
def ours(subject, tmp_path_factory) -> tuple[Path, dict]:
    return evaluated(tmp_path_factory.mktemp("ours"), subject)


KERAS = {
    "binary": ["accuracy", "cross_entropy"],
    "several": ["accuracy", "cross_entropy"],
    "regression": ["rmse", "mae", "mape"],
}
"""Metrics that TFMA takes from Keras, and so does not compute from the probability of the positive class alone."""
OF_POSITIVE = ["f1", "precision", "recall", "roc_auc", "pr_auc", "mcc", "balanced_accuracy"]


def their_config(label: LabelFeature, task: str, weight: str) -> tfma.EvalConfig:
    """TFX's configuration of the metrics that TFMA has, too."""
    model = {"signature_name": "serving_default", "example_weight_key": weight}
    if label.classes:
        model |= {"preprocessing_function_names": ["transform_features"], "label_key": LABEL}
        model |= {"prediction_key": "probabilities"}
    else:
        model |= {"label_key": label.name, "prediction_key": "prediction"}

    def config(name: str, **more) -> tfma.MetricConfig:
        return tfma.MetricConfig(class_name=TFMA[name], config=json.dumps({"name": name, **more})[1:-1])

    judged, *others = map(config, KERAS[task])
    bound = {"lower_bound" if label.classes else "upper_bound": {"value": 0.9}}
    threshold = tfma.MetricThreshold(value_threshold=tfma.GenericValueThreshold(**bound))
    judged.per_slice_thresholds.add(slicing_specs=[tfma.SlicingSpec()], threshold=threshold)
    specs = [tfma.MetricsSpec(metrics=[judged, *others, tfma.MetricConfig(class_name="ExampleCount")])]
    if task == "binary":
        curves = {"num_thresholds": 10_000}  # they interpolate between them
        of_positive = [config(name, **(curves if "auc" in name else {})) for name in OF_POSITIVE]
        specs.append(tfma.MetricsSpec(metrics=of_positive, binarize={"class_ids": {"values": [1]}}))
    slices = [tfma.SlicingSpec(), *(tfma.SlicingSpec(feature_keys=[name]) for name in SLICES)]
    return tfma.EvalConfig(model_specs=[tfma.ModelSpec(**model)], metrics_specs=specs, slicing_specs=slices)


@pytest.mark.parametrize(
    ("subject", "weight"),
    [("several", "weight"), ("binary", ""), ("regression", "weight")],
    indirect=["subject"],
)
def test_figures_are_those_of_tfma(subject, weight, request, tmp_path):
    label, inputs = subject
    task = request.node.callspec.params["subject"]
    config = proto_utils.proto_to_json(their_config(label, task, weight))
    theirs, blessing = ran(tfx_executor.Executor, tmp_path / "theirs", inputs, {"eval_config": config})
    folder, our_blessing = evaluated(tmp_path / "ours", subject, weight=weight or None)
    assert our_blessing == blessing
    found, compared = values(folder), set()
    for model in ("candidate", "baseline"):
        for key, outputs in tfma.load_eval_result(str(theirs), model_name=model).slicing_metrics:
            for name, value in [pair for by_class in outputs[""].values() for pair in by_class.items()]:
                if name.endswith("_diff") or (name == "example_count" and weight):
                    continue
                expected, mine = value.get("doubleValue", float("nan")), found[model, key, name]
                if mine is None or mine == "NaN" or expected != expected:
                    continue  # where there is one class, or no answer
                # TFMA sums in float32, and its curves are between thresholds.
                expected /= 100 if name == "mape" else 1  # a percentage
                tolerance = {"roc_auc": 2e-3, "pr_auc": 3e-2}.get(name, 2e-5)
                if name in ("roc_auc", "pr_auc") and key:
                    continue  # in small slices its interpolation shows
                assert mine == pytest.approx(expected, rel=tolerance, abs=1e-6), (model, key, name)
                compared.add((key[:1], name))
    assert {name for _, name in compared} >= {*KERAS[task], *(OF_POSITIVE if task == "binary" else [])}
    assert {(("word", "äther"),), (("day", -1),), (("half", 0.5),)} <= {key for key, _ in compared}


def test_the_verdict_is_in_tfmas_files(subject, ours):
    folder, blessing = ours
    found, result = content(folder), tfma.load_validation_result(str(folder))
    assert result.validation_ok == found["blessed"] == ("BLESSED" in blessing["files"])
    failures = [failure for each in result.metric_validations_per_slice for failure in each.failures]
    assert [failure.message for failure in failures] == ([] if found["blessed"] else found["reasons"])


def test_tables_of_tfma_show_it(ours):
    result = tfma.load_eval_result(str(ours[0]), model_name="candidate")
    shown = tfma.view.render_slicing_metrics(result, slicing_column="word")
    assert {row["slice"] for row in shown.data} == {"word:1", "word:plain", "word:äther"}


def turned(example: bytes) -> bytes:
    """The same example with its features in the opposite order; each process that writes examples has one of its own."""
    features = tf.train.Example.FromString(example).features.feature
    parts = [tf.train.Features(feature={name: features[name]}) for name in sorted(features, reverse=True)]
    joined = b"".join(part.SerializeToString() for part in parts)
    return tf.train.BytesList(value=[joined]).SerializeToString()  # a field of the same number and kind


def test_the_same_rows_in_other_shards_give_the_same_file(subject, ours, tmp_path):
    rows = np.array([turned(row) for row in examples(subject[0].classes)], object)
    shuffled = np.random.default_rng(1).permutation(rows).tolist()
    others = written(tmp_path / "examples", [shuffled[:100], [], shuffled[100:650], shuffled[650:]])
    folder, _ = evaluated(tmp_path, subject, changed={"examples": [others]})
    assert (folder / "metrics.json").read_bytes() == (ours[0] / "metrics.json").read_bytes()


@pytest.mark.parametrize("subject", ["several"], indirect=True)
@pytest.mark.usefixtures("forked_children")
def test_worker_processes_give_the_same_file(subject, ours, tmp_path):
    others = written(tmp_path / "examples", [examples()[:300], examples()[300:]])
    two = ("--direct_running_mode=multi_processing", "--direct_num_workers=2")
    folder, _ = evaluated(tmp_path, subject, two, {"examples": [others]})
    assert (folder / "metrics.json").read_bytes() == (ours[0] / "metrics.json").read_bytes()


@pytest.mark.parametrize("subject", ["several"], indirect=True)
def test_a_split_without_examples_is_an_error_with_the_remedy(subject, tmp_path):
    with pytest.raises(DataError, match=r"^data\.splits: the split 'test' has no examples; .* its share$"):
        evaluated(tmp_path, subject, changed={"examples": [written(tmp_path / "examples", [[]])]})


@pytest.mark.parametrize("subject", ["several"], indirect=True)
def test_a_label_that_the_model_does_not_know_is_an_error(subject, tmp_path):
    with pytest.raises(Exception, match="label 'kind': an example has no class, or one that") as info:
        evaluated(tmp_path, subject, changed={"examples": [with_one("kind", b"never", tmp_path)]})
    assert isinstance(info.value, DataError)


@pytest.mark.parametrize("subject", ["several"], indirect=True)
def test_a_class_that_is_newer_than_the_baseline_is_wrong_there(subject, tmp_path):
    classes = [tf.train.Example.FromString(each).features.feature["kind"] for each in examples()]
    share = np.mean([each.bytes_list.value[0] == b"maybe" for each in classes])
    older = Model(0.0, TASKS["several"][:2]).save(
        tmp_path / "older"
    )  # each of its outputs has the same probability
    folder, _ = evaluated(tmp_path, subject, changed={"baseline_model": [older]})
    found = json.loads((folder / "metrics.json").read_text())
    expected = (1 - share) * np.log(2) - share * np.log(1e-7)
    assert found["baseline"]["cross_entropy"] == pytest.approx(expected)


@pytest.mark.parametrize("subject", ["several"], indirect=True)
def test_a_slice_that_is_not_text_is_an_error(subject, tmp_path):
    with pytest.raises(
        Exception, match=r"evaluation.slices: column 'word' has the value b'\\xff', which is not UTF-8; store"
    ) as info:
        evaluated(tmp_path, subject, changed={"examples": [with_one("word", b"\xff", tmp_path)]})
    assert isinstance(info.value, DataError)


def with_one(column: str, value: bytes, folder: Path) -> standard_artifacts.Examples:
    """The examples, and one more with another value."""
    strange = tf.train.Example.FromString(examples()[0])
    strange.features.feature[column].bytes_list.value[:] = [value]
    return written(folder / "examples", [[*examples(), strange.SerializeToString()]])
