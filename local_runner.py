"""Runs the pipeline on this machine."""

import gc
import re
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pipeline.config import Run

EXAMPLES = Path(__file__).parent / "examples"


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    help="Configuration of the pipeline.  [default: examples/digits.yaml; with --data, examples/tabular.yaml]",
)
@click.option(
    "--data", type=click.Path(path_type=Path), help="Your CSV or TFRecord files: a folder, or one file."
)
@click.option("--label", help="The column to predict; needed with --data.")
@click.option(
    "--workspace",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where all results go.  [default: workspace; with --data, workspace/NAME]",
)
@click.option("--no-tune", is_flag=True, help="Train with the configured schedule, without a search.")
@click.option("--orchestrator", type=click.Choice(["beam", "local"]), default="beam", show_default=True)
def main(
    config: Path | None,
    data: Path | None,
    label: str | None,
    workspace: Path | None,
    no_tune: bool,
    orchestrator: str,
) -> None:
    """From raw data to a blessed, served model."""
    from pipeline import beam
    from pipeline.config import ConfigError, load, prepare

    try:
        overrides = _own_data(data, label)
        config = config or EXAMPLES / ("tabular.yaml" if data else "digits.yaml")
        loaded = load(config, {**overrides, "search": None} if no_tune else overrides)
        beam.check(loaded.beam)
        workspace = workspace or Path("workspace", *([loaded.name] if data else []))
        run = prepare(loaded, workspace)
    except (ConfigError, beam.BeamError) as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    sys.exit(_run(run, orchestrator))


def _own_data(data: Path | None, label: str | None) -> dict:
    """What --data and --label replace in the configuration."""
    if data is None:
        return {"data": {"label": label}} if label else {}
    if label is None:
        raise click.UsageError("--data needs --label COLUMN, the column to predict")
    name = re.sub("[^a-z0-9]+", "-", data.resolve().stem.lower()).strip("-")
    return {"name": name, "data": {"path": data, "source": None, "label": label}}


def _run(run: "Run", orchestrator: str) -> int:
    from pipeline.console import Terminal

    terminal = Terminal(run.workspace / "logs")
    try:
        with terminal.status("Loading TensorFlow and TFX"):
            # What imports make stays for good: the garbage collector need not look at it, now or later.
            gc.disable()
            from pipeline.local import ComponentFailed, run_pipeline
            from pipeline.summary import print_summary

            gc.freeze()
            gc.enable()
        try:
            outputs = run_pipeline(run, terminal, orchestrator)
        except ComponentFailed as failure:
            terminal.print_failure(failure.name, failure.__cause__)
            return 1
        except KeyboardInterrupt:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # one is enough
            terminal.console.print("\nInterrupted. What is done is kept: run again to go on from there.")
            return 130
        print_summary(run, outputs, terminal.console)
        return 0
    finally:
        terminal.close()


if __name__ == "__main__":
    main()
