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
from components.features import LABEL
from pipeline.config.sections import EvaluationSection
from pipeline.data.inspection import Label
from pipeline.evaluation import eval_config
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
}
CLASSES = ("no", "yes", "maybe")
SLICES = ["word", "day", "half", "tags", "rare"]


def examples() -> list[bytes]:
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
            "target": [random.normal()],
            "kind": [CLASSES[int(random.integers(3))]],
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
    """Signatures as `components.trainer.export` writes them."""

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
        return {"probabilities": tf.nn.softmax(tf.concat([number, 40 * number, 0 * number], axis=1))}

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


@pytest.fixture(scope="module", params=["classification", "regression"])
def subject(request, tmp_path_factory) -> tuple[Label, dict]:
    """A label, and inputs of the Evaluator with a baseline."""
    folder = tmp_path_factory.mktemp(request.param)
    classes = CLASSES if request.param == "classification" else ()
    label = Label("kind" if classes else "target", request.param, classes)
    schema = schema_pb2.Schema()
    for name, kind in {**COLUMNS, "kind": schema_pb2.BYTES, "target": schema_pb2.FLOAT}.items():
        schema.feature.add(name=name, type=kind)
    described = standard_artifacts.Schema()
    described.uri = str(folder / "schema")
    io_utils.write_pbtxt_file(str(folder / "schema/schema.pbtxt"), schema)
    inputs = {
        "examples": [written(folder / "examples", [examples()])],
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
    subject: tuple[Label, dict],
    executor: type = Executor,
    more: list[tfma.MetricConfig] = [],  # noqa: B006
    workers: list[str] = [],  # noqa: B006
    **changed: list,
) -> tuple[Path, dict]:
    """Runs an executor; returns the folder of the evaluation, and the properties of the blessing."""
    label, inputs = subject
    config = eval_config(
        label, "accuracy" if label.classes else "rmse", EvaluationSection(slices=SLICES, threshold=0.9)
    )
    config.metrics_specs[0].metrics.extend(more)
    evaluation, blessing = standard_artifacts.ModelEvaluation(), standard_artifacts.ModelBlessing()
    evaluation.uri, blessing.uri = str(folder / "evaluation"), str(folder / "blessing")
    context = executor.Context(beam_pipeline_args=beam.arguments(workers), tmp_dir=str(folder), unique_id="1")
    executor(context).Do(
        {**inputs, **changed},
        {"evaluation": [evaluation], "blessing": [blessing]},
        {
            "eval_config": proto_utils.proto_to_json(config),
            "example_splits": json.dumps(["test"]),
            "label": label.name,
            "current_component_id": "Evaluator",
        },
    )
    names = sorted(file.name for file in Path(blessing.uri).iterdir())
    properties = {key: str(value) for key, value in blessing.mlmd_artifact.custom_properties.items()}
    return folder / "evaluation", {"files": names, **properties}


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


def test_figures_and_verdict_are_those_of_tfma(subject, ours, tmp_path):
    theirs, their_blessing = evaluated(tmp_path, subject, tfx_executor.Executor)
    folder, blessing = ours
    assert blessing == their_blessing
    expected, found = values(theirs), values(folder)
    assert found.keys() == expected.keys()
    assert {key for _, key, _ in found} >= {(("word", "äther"),), (("day", -1),), (("half", 0.5),)}
    for key, value in expected.items():
        assert found[key] == pytest.approx(value, rel=2e-6, abs=1e-6), key  # TFMA sums in float32
    was, now = (tfma.load_validation_result(str(each)) for each in (theirs, folder))
    assert now.validation_ok == was.validation_ok
    failures = [
        [
            (found.slice_key.SerializeToString(), failure.metric_key, failure.metric_threshold)
            for found in result.metric_validations_per_slice
            for failure in found.failures
        ]
        for result in (now, was)
    ]
    assert failures[0] == failures[1]
    assert now.validation_details.slicing_details == was.validation_details.slicing_details
    configs = [json.loads((each / "eval_config.json").read_text()) for each in (theirs, folder)]
    assert configs[0]["evalConfig"] == configs[1]["evalConfig"]


def test_tables_of_tfma_show_it(ours):
    result = tfma.load_eval_result(str(ours[0]), model_name="candidate")
    shown = tfma.view.render_slicing_metrics(result, slicing_column="word")
    assert {row["slice"] for row in shown.data} == {"word:1", "word:plain", "word:äther"}


def test_the_same_rows_in_other_shards_give_the_same_file(subject, ours, tmp_path):
    shuffled = np.random.default_rng(1).permutation(np.array(examples(), object)).tolist()
    others = written(tmp_path / "examples", [shuffled[:100], [], shuffled[100:650], shuffled[650:]])
    folder, _ = evaluated(tmp_path, subject, examples=[others])
    assert (folder / "metrics.json").read_bytes() == (ours[0] / "metrics.json").read_bytes()


@pytest.mark.parametrize("subject", ["classification"], indirect=True)
def test_worker_processes_give_the_same_file(subject, ours, tmp_path):
    others = written(tmp_path / "examples", [examples()[:300], examples()[300:]])
    two = ["--direct_running_mode=multi_processing", "--direct_num_workers=2"]
    folder, _ = evaluated(tmp_path, subject, workers=two, examples=[others])
    assert (folder / "metrics.json").read_bytes() == (ours[0] / "metrics.json").read_bytes()


@pytest.mark.parametrize("subject", ["classification"], indirect=True)
def test_a_split_without_examples_is_an_error_with_the_remedy(subject, tmp_path):
    with pytest.raises(DataError, match=r"^data\.splits: the split 'test' has no examples; .* its share$"):
        evaluated(tmp_path, subject, examples=[written(tmp_path / "examples", [[]])])


@pytest.mark.parametrize("subject", ["classification"], indirect=True)
def test_metrics_that_only_tfma_knows_are_left_to_it(subject, tmp_path):
    more = tfma.MetricConfig(class_name="SparseTopKCategoricalAccuracy", config='"name": "top", "k": 2')
    folder, _ = evaluated(tmp_path, subject, more=[more])
    found = json.loads((folder / "metrics.json").read_text())
    assert found["candidate"]["accuracy"] <= found["candidate"]["top"] < 1


@pytest.mark.parametrize("subject", ["classification"], indirect=True)
def test_a_label_that_the_model_does_not_know_is_an_error(subject, tmp_path):
    with pytest.raises(Exception, match="label 'kind': an example has no class, or one that") as info:
        evaluated(tmp_path, subject, examples=[with_one("kind", b"never", tmp_path)])
    assert isinstance(info.value, DataError)


@pytest.mark.parametrize("subject", ["classification"], indirect=True)
def test_a_class_that_is_newer_than_the_baseline_is_wrong_there(subject, tmp_path):
    classes = [tf.train.Example.FromString(each).features.feature["kind"] for each in examples()]
    share = np.mean([each.bytes_list.value[0] == b"maybe" for each in classes])
    older = Model(0.0, CLASSES[:2]).save(tmp_path / "older")  # each of its outputs has the same probability
    folder, _ = evaluated(tmp_path, subject, baseline_model=[older])
    found = json.loads((folder / "metrics.json").read_text())
    expected = (1 - share) * np.log(3) - share * np.log(1e-7)
    assert found["baseline"]["cross_entropy"] == pytest.approx(expected)


@pytest.mark.parametrize("subject", ["classification"], indirect=True)
def test_a_slice_that_is_not_text_is_an_error(subject, tmp_path):
    with pytest.raises(
        Exception, match=r"evaluation.slices: column 'word' has the value b'\\xff', which is not UTF-8; store"
    ) as info:
        evaluated(tmp_path, subject, examples=[with_one("word", b"\xff", tmp_path)])
    assert isinstance(info.value, DataError)


def with_one(column: str, value: bytes, folder: Path) -> standard_artifacts.Examples:
    """The examples, and one more with another value."""
    strange = tf.train.Example.FromString(examples()[0])
    strange.features.feature[column].bytes_list.value[:] = [value]
    return written(folder / "examples", [[*examples(), strange.SerializeToString()]])
