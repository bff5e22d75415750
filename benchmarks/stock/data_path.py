"""The data path with TFX's own components: ExampleGen, StatisticsGen, SchemaGen, Transform, Evaluator."""

from pathlib import Path
from typing import Any

import click
import tensorflow as tf
import tensorflow_model_analysis as tfma
import tensorflow_transform as tft
from tfx import v1 as tfx
from tfx.components.example_gen.component import FileBasedExampleGen
from tfx.components.example_gen.custom_executors import parquet_executor
from tfx.dsl.components.base import executor_spec

SPLITS = {"train": 14, "eval": 3, "test": 3}
VOCABULARY_SIZE = 1000


def preprocessing_fn(inputs: dict[str, Any]) -> dict[str, tf.Tensor]:
    """Transform calls this: numbers standardised, text as an index into its vocabulary."""
    outputs = {}
    for key, value in inputs.items():
        if value.dtype == tf.string:
            outputs[f"{key}_xf"] = tft.compute_and_apply_vocabulary(
                _dense(value, ""), top_k=VOCABULARY_SIZE, num_oov_buckets=1, vocab_filename=key
            )
        else:
            outputs[f"{key}_xf"] = _dense(tft.scale_to_z_score(tf.cast(value, tf.float32)), 0.0)
    return outputs


def _dense(value: tf.Tensor | tf.SparseTensor, default: Any) -> tf.Tensor:
    if not isinstance(value, tf.SparseTensor):
        return value
    dense_shape = [value.dense_shape[0], 1]
    return tf.sparse.to_dense(tf.SparseTensor(value.indices, value.values, dense_shape), default)


def create_pipeline(data: Path, label: str, model: Path, workspace: Path) -> tfx.dsl.Pipeline:
    """Builds the graph.

    Args:
        data: Folder with one CSV or Parquet file.
        label: Column with the label, a number.
        model: `Model` artifact to evaluate, of our Trainer: both sides ask the same model.
        workspace: Where everything goes.
    """
    output_config = tfx.proto.Output(
        split_config=tfx.proto.SplitConfig(
            splits=[
                tfx.proto.SplitConfig.Split(name=name, hash_buckets=buckets)
                for name, buckets in SPLITS.items()
            ]
        )
    )
    if list(data.glob("*.parquet")):
        example_gen = FileBasedExampleGen(
            input_base=str(data),
            output_config=output_config,
            custom_executor_spec=executor_spec.BeamExecutorSpec(parquet_executor.Executor),
        )
    else:
        example_gen = tfx.components.CsvExampleGen(input_base=str(data), output_config=output_config)
    examples = example_gen.outputs["examples"]
    statistics_gen = tfx.components.StatisticsGen(examples=examples)
    schema_gen = tfx.components.SchemaGen(
        statistics=statistics_gen.outputs["statistics"], infer_feature_shape=True
    )
    transform = tfx.components.Transform(
        examples=examples,
        schema=schema_gen.outputs["schema"],
        preprocessing_fn="benchmarks.stock.data_path.preprocessing_fn",
    )
    importer = tfx.dsl.Importer(source_uri=str(model), artifact_type=tfx.types.standard_artifacts.Model)
    evaluator = tfx.components.Evaluator(
        examples=examples,
        model=importer.with_id("model").outputs["result"],
        schema=schema_gen.outputs["schema"],
        example_splits=["test"],
        eval_config=_eval_config(label),
    )
    return tfx.dsl.Pipeline(
        pipeline_name="data-path",
        pipeline_root=str(workspace / "artifacts"),
        components=[example_gen, statistics_gen, schema_gen, transform, importer, evaluator],
        metadata_connection_config=tfx.orchestration.metadata.sqlite_metadata_connection_config(
            str(workspace / "metadata.db")
        ),
        # FnApiRunner is the in-memory DirectRunner without its search for a Prism binary on the network.
        beam_pipeline_args=["--runner=FnApiRunner", "--direct_running_mode=in_memory"],
    )


def _eval_config(label: str) -> tfma.EvalConfig:
    names = ("RootMeanSquaredError", "MeanAbsoluteError", "ExampleCount")
    return tfma.EvalConfig(
        model_specs=[
            tfma.ModelSpec(signature_name="serving_default", label_key=label, prediction_key="prediction")
        ],
        metrics_specs=[tfma.MetricsSpec(metrics=[tfma.MetricConfig(class_name=name) for name in names])],
        slicing_specs=[tfma.SlicingSpec()],
    )


@click.command()
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("label")
@click.argument("model", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("workspace", type=click.Path(file_okay=False, path_type=Path))
def main(data: Path, label: str, model: Path, workspace: Path) -> None:
    """Runs the components on the file in DATA, and evaluates MODEL."""
    workspace.mkdir(parents=True, exist_ok=True)
    tfx.orchestration.LocalDagRunner().run(create_pipeline(data, label, model, workspace))


if __name__ == "__main__":
    main()
