"""How good models are on public tables: ours as two flags make it, and the rivals with their defaults.

Of each table and seed, 20 % of the rows are held out first. Ours is what `local_runner.py --data DIR --label COLUMN`
makes of the others, and its model in production predicts the held-out rows with `python -m pipeline predict`. The
rivals get the same rows: scikit-learn's logistic or ridge regression (`linear`), MLP and histogram gradient boosting
(`hgb`), LightGBM, and pytabkit's RealMLP-TD and TabM. They run in an environment of their own, which is built when it
is needed first. Each model has one thread. CPU seconds are those of the fit alone, and of our Trainer, without its
start.

Every result is appended to a file, and what is there is not computed again, unless our code has changed since. Without
`--data` the tables are those that scikit-learn brings; the others are named in `benchmarks/tabular/tables.yaml`.

    python -m benchmarks.tables --data DIR [--tables titanic,credit] [--models ours,lightgbm] [--seeds 5]

    python -m benchmarks.tables --report
"""

import sys
import tempfile
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import click

from benchmarks.measuring.command import benchmark, size
from benchmarks.tabular.models import MODELS, judged
from benchmarks.tabular.ours import VARIANTS, version
from benchmarks.tabular.report import report
from benchmarks.tabular.results import append, read
from benchmarks.tabular.split import Table, read_manifest, split
from components.errors import one_of

RESULTS = Path(__file__).parent / "tabular/results.jsonl"
TABLES = read_manifest()


def names(known: Collection[str]) -> Callable:
    """A callback that reads names with commas between them."""

    def read_names(_: click.Context, parameter: click.Parameter, value: str | None) -> list[str]:
        found = value.split(",") if value else []
        for name in found:
            if name not in known:
                raise click.BadParameter(f"{name!r} is not {one_of(known)}")
        return found

    return read_names


@benchmark
@click.option(
    "--data", type=click.Path(path_type=Path, exists=True, file_okay=False), help="Folder of the CSV files."
)
@size(
    "--tables",
    full=None,
    quick="breast_cancer",
    callback=names(TABLES),
    help="Default: all that have a file; without --data, all that are bundled.",
)
@size("--models", full=",".join(MODELS), quick="constant,linear,ours", callback=names(MODELS))
@size("--seeds", full=5, quick=1, type=click.IntRange(1), help="Splits of each table.")
@size(
    "--python",
    full=None,
    quick=sys.executable,
    type=click.Path(path_type=Path),
    help="Interpreter for the rivals.  [default: of an environment that is built in .rivals]",
)
@size(
    "--results",
    full=RESULTS,
    quick=None,
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to add results to.",
)
@click.option("--again", is_flag=True, help="Compute what is there again; the later result counts.")
@click.option("--report", "only_report", is_flag=True, help="Compute nothing, print the report.")
@click.option("--subject", default="ours", show_default=True, help="Model to compare with the others.")
def main(
    data: Path | None,
    tables: list[str],
    models: list[str],
    seeds: int,
    python: Path | None,
    results: Path | None,
    again: bool,
    only_report: bool,
    subject: str,
) -> None:
    """See the module."""
    with tempfile.TemporaryDirectory() as folder:
        path = results or Path(folder, "results.jsonl")
        for table in [] if only_report else chosen(tables, data):
            for model in models:
                compute(path, table, model, data, missing(path, table, model, range(seeds), again), python)
        found = read(path)
        if not found:
            raise click.ClickException(f"{path} has no results.")
        others = sorted({model for _, _, model in found} - set(MODELS))
        click.echo(report(found, list(TABLES), [*VARIANTS, *others, *MODELS[len(VARIANTS) :]], subject))


def chosen(names: Sequence[str], data: Path | None) -> list[Table]:
    """The tables to judge on.

    Raises:
        click.UsageError: The folder lacks the file of one.
    """
    wanted = [TABLES[name] for name in names] or [
        table for table in TABLES.values() if (data is None) == bool(table.bundled)
    ]
    for table in wanted:
        for file in filter(None, (table.file, table.test)):
            if data is None or not (data / file).is_file():
                raise click.UsageError(f"{table.name} needs {file}; give its folder with --data.")
    return wanted


def missing(path: Path, table: Table, model: str, seeds: Sequence[int], again: bool) -> list[int]:
    """The seeds without a result; one of ours by other code than that which is here does not count."""
    if again:
        return list(seeds)
    found = read(path)
    there = [
        seed
        for seed in seeds
        if (result := found.get((table.name, seed, model)))
        and (model not in VARIANTS or result.get("version") == version())
    ]
    return [seed for seed in seeds if seed not in there]


def compute(
    path: Path, table: Table, model: str, data: Path | None, seeds: Sequence[int], interpreter: Path | None
) -> None:
    """Adds the results of a model on a table."""
    if not seeds:
        return
    splits = {seed: split(table, data, seed) for seed in seeds}
    for result in judged(model, table, splits, interpreter):
        append(path, result)
        shown = {
            key: value for key, value in result.items() if key not in {"table", "seed", "model", "version"}
        }
        figures = ", ".join(f"{key} {value}" for key, value in shown.items())
        click.echo(f"{table.name}, seed {result['seed']}, {model}: {figures}")


if __name__ == "__main__":
    main()
