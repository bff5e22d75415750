"""Predictions of a file: memory as it grows, and speed against TFX's BulkInferrer and a loop over rows.

Trains a model on the Chicago taxi trips that TFX brings (15,002 rows; 17 columns of numbers and text, with gaps),
repeats the trips to files of 100,000 and 1,000,000 rows, and prints

- peak memory and time of `python -m pipeline predict` on both, and on what it stands on (`import tensorflow`);
- rows per second, start-up left out, of the same code, of BulkInferrer on the trips as TFRecords, and of a loop that
  makes a `tf.Example` of each row and asks the model for it.

    python -m benchmarks.predict [--workspace FOLDER] [--rows 100000 --rows 1000000]
"""

import csv
import itertools
import json
import sys
import tempfile
import time
from pathlib import Path

import click

from benchmarks.measuring.command import benchmark, size
from benchmarks.measuring.processes import Cost, cost_of
from benchmarks.measuring.table import Table
from benchmarks.pipeline import trips


@benchmark
@click.option(
    "--workspace",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Of an earlier run on the trips, instead of training.",
)
@size("--rows", full=[100_000, 1_000_000], quick=[500, 1000], type=int, multiple=True, help="Of each file.")
@size("--loop-rows", full=1000, quick=20, type=click.IntRange(min=1), help="Of the loop.")
def main(workspace: Path | None, rows: tuple[int, ...], loop_rows: int) -> None:
    """Measures and prints."""
    table = Table(24, ("seconds", 9), ("CPU s", 9), ("peak MB", 9))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        workspace = workspace or train(folder)

        def measured(title: str, *arguments: str | Path) -> Cost:
            cost = cost_of([sys.executable, *arguments], folder / "log")
            click.echo(table.row(title, f"{cost.wall:.1f}", f"{cost.cpu:.1f}", f"{cost.peak:.0f}"))
            return cost

        click.echo(table.heading())
        measured("import tensorflow", "-c", "import tensorflow")
        peaks = []
        for count in rows:
            source = repeat(trips(), folder / f"{count}.csv", count)
            paths = ["--input", source, "--output", folder / "predictions.csv", "--workspace", workspace]
            found = measured(f"predict {count:,} rows", "-m", "pipeline", "predict", *paths, "--overwrite")
            peaks.append(found.peak)
        click.echo(f"peak memory, last / first: {peaks[-1] / peaks[0]:.2f}\n")
        compare(workspace, folder / f"{rows[-1]}.csv", folder, loop_rows)


def train(folder: Path) -> Path:
    """Runs the pipeline on the trips; returns the workspace."""
    workspace = folder / "workspace"
    options = ["--data", trips(), "--label", "tips", "--no-tune", "--workspace", workspace]
    cost_of([sys.executable, "local_runner.py", *options], folder / "log")
    return workspace


def repeat(source: Path, target: Path, count: int) -> Path:
    """Writes `count` rows, those of the source over and over."""
    header, *rows = source.read_text(encoding="utf-8").splitlines(keepends=True)
    with target.open("w", encoding="utf-8") as file:
        file.write(header)
        file.writelines(itertools.islice(itertools.cycle(rows), count))
    return target


def compare(workspace: Path, source: Path, folder: Path, loop_rows: int) -> None:
    """Prints rows per CPU second of three ways, and ours over theirs."""
    rates = {
        "python -m pipeline predict": ours(workspace, source),
        "BulkInferrer": bulk_inferrer(workspace, folder),
        "loop over rows": loop(workspace, trips(), loop_rows),
    }
    table = Table(28, ("rows / CPU second", 20), ("ours / this", 14))
    click.echo(table.heading())
    for name, rate in rates.items():
        click.echo(table.row(name, f"{rate:,.0f}", f"{next(iter(rates.values())) / rate:.1f}"))


def ours(workspace: Path, source: Path) -> float:
    """Reads, answers and writes a file."""
    import pipeline
    from pipeline.prediction.readers import open_rows
    from pipeline.prediction.stream import PredictedRows, answered
    from pipeline.prediction.writers import open_writer

    model = pipeline.load_model(workspace)
    count, start = 0, 0.0
    rows = open_rows(str(source), model.schema.features)
    table = PredictedRows(rows.name, rows.schema, model.schema, prefix="", typed=False)
    with open_writer(f"{source}.predictions.csv", table.schema) as writer:
        for batch in answered(model, rows, table):
            # The first batch traces.
            start = start or time.process_time()
            writer.write(batch)
            count += batch.num_rows
    return count / (time.process_time() - start)


def bulk_inferrer(workspace: Path, folder: Path) -> float:
    """TFX's component on the examples of the run; twice, as the first run has to start."""
    from tfx.components.bulk_inferrer.executor import Executor
    from tfx.proto import bulk_inferrer_pb2
    from tfx.types import standard_artifacts
    from tfx.utils import proto_utils

    examples, model = standard_artifacts.Examples(), standard_artifacts.Model()
    (examples.uri,) = map(str, workspace.glob("artifacts/*/ExampleGen/examples/*"))
    examples.split_names = json.dumps(["train"])
    model.uri = str(max(workspace.glob("artifacts/*/Trainer/model/*")))
    spec = bulk_inferrer_pb2.ModelSpec(model_signature_name=["serving_default"])
    for attempt in range(2):
        result = standard_artifacts.InferenceResult()
        result.uri = str(folder / f"inference{attempt}")
        executor = Executor(
            Executor.Context(
                beam_pipeline_args=["--runner=FnApiRunner"], tmp_dir=str(folder / f"tmp{attempt}")
            )
        )
        start = time.process_time()
        executor.Do(
            {"examples": [examples], "model": [model]},
            {"inference_result": [result]},
            {
                "data_spec": proto_utils.proto_to_json(bulk_inferrer_pb2.DataSpec(example_splits=["train"])),
                "model_spec": proto_utils.proto_to_json(spec),
            },
        )
        seconds = time.process_time() - start
    import tensorflow as tf

    files = [str(path) for path in Path(examples.uri).glob("Split-train/*")]
    return sum(1 for _ in tf.data.TFRecordDataset(files, "GZIP")) / seconds


def loop(workspace: Path, source: Path, count: int) -> float:
    """Asks the model for one row after the other."""
    import tensorflow as tf

    import pipeline

    model = pipeline.load_model(workspace)
    signature = tf.saved_model.load(str(model.path)).signatures["serving_default"]
    with source.open(newline="", encoding="utf-8") as lines:
        rows = list(itertools.islice(csv.DictReader(lines), count))
    for _ in range(2):
        start = time.process_time()
        for row in rows:
            example = tf.train.Example()
            for name, feature in model.schema.features.items():
                value = example.features.feature[name]
                if feature.dtype == "string":
                    value.bytes_list.value.extend([row[name].encode()] if row[name] else [])
                elif feature.dtype == "int64":
                    value.int64_list.value.extend([int(row[name])] if row[name] else [])
                else:
                    value.float_list.value.extend([float(row[name])] if row[name] else [])
            signature(examples=tf.constant([example.SerializeToString()]))["prediction"].numpy()
        seconds = time.process_time() - start
    return len(rows) / seconds


if __name__ == "__main__":
    main()
