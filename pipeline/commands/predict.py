"""`python -m pipeline predict`."""

import os
import shlex
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from components.errors import one_of
from components.formats import registry
from components.formats.rows import STANDARD_STREAM
from pipeline.command_options import WORKSPACE, say
from pipeline.remote.place import is_uri

if TYPE_CHECKING:
    from pyarrow import RecordBatch
    from rich.progress import Progress

    from components.formats.rows import Rows
    from pipeline.prediction.model import ExportedModel
    from pipeline.prediction.stream import PredictedRows
    from pipeline.prediction.unseen import Unseen


@click.command(context_settings={"max_content_width": 100})
@click.option(
    "--input",
    "source",
    required=True,
    metavar="FILE",
    help=f"File with the rows to predict: {one_of(registry.readable())}; an image, a folder of images; - reads CSV "
    "from standard input.",
)
@click.option(
    "--output",
    "target",
    required=True,
    metavar="FILE",
    help=f"File for the rows and their predictions: {one_of(registry.writable())}; - writes CSV to "
    "standard output.",
)
@click.option(
    "--model",
    metavar="VERSION|PATH",
    help="Version in the workspace, or folder of a model.  [default: the version in production]",
)
@WORKSPACE
@click.option("--prefix", default="", metavar="TEXT", help="Text to put before the names of the new columns.")
@click.option(
    "--interval",
    type=float,
    metavar="LEVEL",
    help="For a regression, also write an interval that holds the true value with this probability, such as 0.9.",
)
@click.option("--overwrite", is_flag=True, help="Replace the output file if it exists.")
@click.option(
    "--beam",
    metavar="ARGUMENTS",
    help='Predict on Beam, with these pipeline arguments; "" runs Beam in this process. docs/serving.md has examples.',
)
def predict(
    source: str,
    target: str,
    model: str | None,
    workspace: Path,
    prefix: str,
    interval: float | None,
    overwrite: bool,
    beam: str | None,
) -> None:
    """Add predictions to the rows of a file.

    All input columns are kept, including the label and columns that the model does not use. The new columns are
    `prediction` and, for classification, `probability_CLASS` for each class; with --interval, `prediction_lower` and
    `prediction_upper`. With several labels per row,
    `prediction` has all that are answered, joined as in the training data.
    """
    from components.errors import UserError
    from components.model_store import serving
    from pipeline.prediction import foreign
    from pipeline.prediction.finding import find_model
    from pipeline.prediction.readers import open_rows
    from pipeline.prediction.stream import PredictedRows
    from pipeline.prediction.unseen import Unseen
    from pipeline.prediction.writers import check_output
    from pipeline.run.beam import check as check_beam

    # Check all arguments before importing TensorFlow, which takes seconds.
    check_output(target, overwrite)
    if beam is not None:
        check_beam(_split(beam))
        if source == STANDARD_STREAM:
            raise UserError("--beam cannot read standard input; name a file with --input")
    if model and is_uri(model):
        raise UserError(
            f"--model {model}: must be a version or a folder; of a model in an object store, give the workspace with "
            "--workspace"
        )
    is_version = model is not None and serving.is_version(model) and not Path(model).exists()
    found = find_model(workspace, model) if is_version else find_model(model or workspace)
    if warning := foreign.warning(found.path):
        say(warning, err=True)
    half_width = None if interval is None else found.half_width(interval)
    rows = open_rows(source, found.schema.features)
    for remark in rows.remarks:
        say(f"{rows.name}: {remark}", err=True)
    predicted = PredictedRows(
        rows.name, rows.schema, found.schema, prefix, registry.is_typed(target), half_width
    )
    start = time.perf_counter()
    try:
        unseen = Unseen(found)
        count = _write(found, rows, predicted, target, beam, unseen)
    except KeyboardInterrupt:
        say(f"Interrupted; {target} was not written.", err=True)
        sys.exit(130)
    except BrokenPipeError:  # the reader closed standard output, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    if warning := unseen.warning():
        say(warning, err=True)
    place = "" if target == STANDARD_STREAM else f"{target}: "
    summary = f"{place}{count:,} rows in {time.perf_counter() - start:.1f} s by {found.path}"
    say(summary, err=True)


def _split(beam: str) -> list[str]:
    from components.errors import UserError

    try:
        return shlex.split(beam)
    except ValueError as error:
        raise UserError(f"--beam {beam}: {str(error).lower()}; close the quotation") from None


def _write(
    model: "ExportedModel",
    rows: "Rows",
    predicted: "PredictedRows",
    target: str,
    beam: str | None,
    unseen: "Unseen",
) -> int:
    """Predicts, shows progress, and returns the number of rows."""
    from components.errors import UserError
    from pipeline.prediction.writers import open_writer
    from pipeline.run.start import quiet

    count = 0
    with _progress() as progress, quiet(UserError, KeyboardInterrupt, BrokenPipeError):
        task = progress.add_task("loading TensorFlow" if beam is None else "on Beam", total=None, speed="")
        batches = (
            _here(model, rows, predicted) if beam is None else _on_beam(model, rows, predicted, target, beam)
        )
        start = time.perf_counter()
        with open_writer(target, predicted.schema) as writer:
            for batch in batches:
                writer.write(batch)
                unseen.add(batch)
                count += batch.num_rows
                speed = f"{count:,} rows, {count / (time.perf_counter() - start):,.0f} rows/s"
                progress.update(task, description="", completed=rows.done, total=rows.done and 1, speed=speed)
    return count


def _here(model: "ExportedModel", rows: "Rows", predicted: "PredictedRows") -> Iterator["RecordBatch"]:
    from pipeline.prediction.stream import answered
    from pipeline.prediction.tensorflow_alone import import_tensorflow

    import_tensorflow()
    model.load()
    return answered(model, rows, predicted)


def _on_beam(
    model: "ExportedModel", rows: "Rows", predicted: "PredictedRows", target: str, beam: str
) -> Iterator["RecordBatch"]:
    from pipeline.prediction import on_beam
    from pipeline.run.beam import arguments
    from pipeline.workspace import temporary_files_in

    folder = None if target == STANDARD_STREAM else Path(target).absolute().parent
    with tempfile.TemporaryDirectory(dir=folder, prefix=".predict-") as parts:
        with temporary_files_in(Path(parts, "tmp")):
            on_beam.run(model.path, rows.name, predicted, Path(parts), arguments(_split(beam)))
        yield from on_beam.collect(Path(parts))


def _progress() -> "Progress":
    """A progress bar on standard error, if that is a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    # A duplicate descriptor, because `quiet` redirects the original.
    console = Console(file=os.fdopen(os.dup(2), "w", encoding="utf-8"))
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[speed]}"),
        TimeRemainingColumn(),
    )
    return Progress(
        *columns,
        console=console,
        transient=True,
        disable=not console.is_terminal,
        redirect_stdout=False,
        redirect_stderr=False,
    )
