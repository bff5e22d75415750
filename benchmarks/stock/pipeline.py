"""The benchmark's job with TFX's own components, wired and run as in TFX's penguin template."""

import csv
from pathlib import Path

import click
import tensorflow_model_analysis as tfma
import yaml
from absl import logging
from tfx import v1 as tfx

LABEL_KEY = "tips"


def create_pipeline(job: dict, data: Path, workspace: Path) -> tfx.dsl.Pipeline:
    """Builds the graph.

    Args:
        job: `taxi.yaml`, parsed.
        data: folder with one CSV.
        workspace: where everything goes.
    """
    splits, training = job["data"]["splits"], job["training"]
    custom_config = {
        "model": job["model"]["hyperparameters"],
        "trials": job["search"]["trials"],
        "peak": job["search"]["space"]["learning_rate"]["peak"],
        **{name: training[name] for name in ("batch_size", "epochs", "seed")},
    }
    steps = {name: _steps(data, share, splits, training["batch_size"]) for name, share in splits.items()}
    train_args = tfx.proto.TrainArgs(num_steps=steps["train"])
    eval_args = tfx.proto.EvalArgs(num_steps=steps["eval"])

    example_gen = tfx.components.CsvExampleGen(
        input_base=str(data),
        output_config=tfx.proto.Output(
            split_config=tfx.proto.SplitConfig(
                splits=[
                    tfx.proto.SplitConfig.Split(name=name, hash_buckets=buckets)
                    for name, buckets in sorted(splits.items())
                ]
            )
        ),
    )
    statistics_gen = tfx.components.StatisticsGen(examples=example_gen.outputs["examples"])
    schema_gen = tfx.components.SchemaGen(
        statistics=statistics_gen.outputs["statistics"], infer_feature_shape=True
    )
    example_validator = tfx.components.ExampleValidator(
        statistics=statistics_gen.outputs["statistics"], schema=schema_gen.outputs["schema"]
    )
    transform = tfx.components.Transform(
        examples=example_gen.outputs["examples"],
        schema=schema_gen.outputs["schema"],
        preprocessing_fn="benchmarks.stock.functions.preprocessing_fn",
    )
    tuner = tfx.components.Tuner(
        tuner_fn="benchmarks.stock.functions.tuner_fn",
        examples=transform.outputs["transformed_examples"],
        transform_graph=transform.outputs["transform_graph"],
        train_args=train_args,
        eval_args=eval_args,
        custom_config=custom_config,
    )
    trainer = tfx.components.Trainer(
        run_fn="benchmarks.stock.functions.run_fn",
        examples=transform.outputs["transformed_examples"],
        transform_graph=transform.outputs["transform_graph"],
        schema=schema_gen.outputs["schema"],
        hyperparameters=tuner.outputs["best_hyperparameters"],
        train_args=train_args,
        eval_args=eval_args,
        custom_config=custom_config,
    )
    model_resolver = tfx.dsl.Resolver(
        strategy_class=tfx.dsl.experimental.LatestBlessedModelStrategy,
        model=tfx.dsl.Channel(type=tfx.types.standard_artifacts.Model),
        model_blessing=tfx.dsl.Channel(type=tfx.types.standard_artifacts.ModelBlessing),
    ).with_id("latest_blessed_model_resolver")
    evaluator = tfx.components.Evaluator(
        examples=example_gen.outputs["examples"],
        model=trainer.outputs["model"],
        baseline_model=model_resolver.outputs["model"],
        schema=schema_gen.outputs["schema"],
        example_splits=["test"],
        eval_config=_eval_config(job["evaluation"]["threshold"]),
    )
    pusher = tfx.components.Pusher(
        model=trainer.outputs["model"],
        model_blessing=evaluator.outputs["blessing"],
        push_destination=tfx.proto.PushDestination(
            filesystem=tfx.proto.PushDestination.Filesystem(base_directory=str(workspace / "serving"))
        ),
    )
    return tfx.dsl.Pipeline(
        pipeline_name=job["name"],
        pipeline_root=str(workspace / "artifacts"),
        components=[
            example_gen,
            statistics_gen,
            schema_gen,
            example_validator,
            transform,
            tuner,
            trainer,
            model_resolver,
            evaluator,
            pusher,
        ],
        enable_cache=True,
        metadata_connection_config=tfx.orchestration.metadata.sqlite_metadata_connection_config(
            str(workspace / "metadata.db")
        ),
        # FnApiRunner is the in-memory DirectRunner without its search for a Prism binary on the network.
        beam_pipeline_args=["--runner=FnApiRunner", "--direct_running_mode=in_memory"],
    )


def _steps(data: Path, share: int, splits: dict[str, int], batch_size: int) -> int:
    with next(data.glob("*.csv")).open(newline="") as file:
        rows = sum(1 for _ in csv.DictReader(file))
    return -(-rows * share // (sum(splits.values()) * batch_size))


def _eval_config(threshold: float) -> tfma.EvalConfig:
    rmse = tfma.MetricThreshold(
        value_threshold=tfma.GenericValueThreshold(upper_bound={"value": threshold}),
        # Ignored when there is no baseline.
        change_threshold=tfma.GenericChangeThreshold(
            direction=tfma.MetricDirection.LOWER_IS_BETTER, absolute={"value": -1e-10}
        ),
    )
    metrics = [
        tfma.MetricConfig(class_name="RootMeanSquaredError", config='"name": "rmse"', threshold=rmse),
        tfma.MetricConfig(class_name="MeanAbsoluteError", config='"name": "mae"'),
        tfma.MetricConfig(class_name="ExampleCount"),
    ]
    return tfma.EvalConfig(
        model_specs=[tfma.ModelSpec(signature_name="serving_default", label_key=LABEL_KEY)],
        metrics_specs=[tfma.MetricsSpec(metrics=metrics)],
        slicing_specs=[tfma.SlicingSpec()],
    )


@click.command()
@click.argument("config", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("workspace", type=click.Path(file_okay=False, path_type=Path))
def main(config: Path, data: Path, workspace: Path) -> None:
    """Runs the job of CONFIG on the CSV in DATA."""
    logging.set_verbosity(logging.INFO)
    workspace.mkdir(parents=True, exist_ok=True)
    job = yaml.safe_load(config.read_text(encoding="utf-8"))
    tfx.orchestration.LocalDagRunner().run(create_pipeline(job, data, workspace))


if __name__ == "__main__":
    main()
