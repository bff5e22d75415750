"""Runs the pipeline on this machine."""

import os
import signal
import sys
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.command_options import BEST, FAST, SET, Command, Place, preset_of, say
from reactive_schedules import last_resort

if TYPE_CHECKING:
    from pipeline.config.fit import FittedConfig
    from pipeline.metadata.lock import Lock

EXAMPLES = Path(__file__).parent / "examples"


@click.command(
    cls=Command, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    help="Pipeline configuration.  [default: examples/digits.yaml; with --data, examples/tabular.yaml, or "
    "images.yaml for folders of images]",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="Your CSV, Parquet or TFRecord data, or images in a folder per class: a folder or a single file.",
)
@click.option("--label", help="Column to predict; required with --data.")
@click.option(
    "--workspace",
    type=Place(),
    help="Folder for all results, or a URI such as s3://bucket/path.  [default: workspace; with --data, "
    "workspace/NAME]",
)
@FAST
@BEST
@SET
@click.option("--no-tune", is_flag=True, help="Skip the search; train with the configured schedule.")
@click.option("--trials", metavar="N", help="Trials of the search, as --set search.trials=N.")
@click.option(
    "--time-limit", metavar="TIME", help="Time of the search, such as 20m, as --set search.time_limit=TIME."
)
@click.option(
    "--no-cache",
    multiple=True,
    is_flag=False,
    flag_value="all",
    metavar="[COMPONENT]",
    help="Run COMPONENT even if an earlier run had the same result; without a name, all. May be repeated.",
)
@click.option(
    "--verify",
    is_flag=True,
    help="Check all files of earlier runs for damage, not only sizes and small files.",
)
@click.option("--open-report", is_flag=True, help="Open the report in a browser after the run.")
@click.option(
    "--orchestrator",
    type=click.Choice(["beam", "local"]),
    default="beam",
    show_default=True,
    help="TFX orchestrator that runs the components.",
)
@click.pass_context
def main(
    context: click.Context,
    config: Path | None,
    data: Path | None,
    label: str | None,
    workspace: Path | str | None,
    fast: bool,
    best: bool,
    assignments: tuple[str, ...],
    no_tune: bool,
    trials: str | None,
    time_limit: str | None,
    no_cache: tuple[str, ...],
    verify: bool,
    open_report: bool,
    orchestrator: str,
) -> None:
    """Run the pipeline on this machine, from raw data to a served model."""
    from components.errors import UserError
    from pipeline.config import presets
    from pipeline.config.errors import ConfigError
    from pipeline.config.load import load
    from pipeline.config.own_data import template
    from pipeline.config.prepare import prepare
    from pipeline.data.guess_lines import few_lines
    from pipeline.metadata import binding, server
    from pipeline.metadata.address import Address
    from pipeline.metadata.lock import held
    from pipeline.remote.place import check_alone
    from pipeline.remote.session import claimed, up_to_date
    from pipeline.run import beam, cluster
    from pipeline.run.start import find_own_code, quiet
    from pipeline.upkeep.database import check as check_database
    from pipeline.upkeep.production import Production
    from pipeline.workspace import private

    signal.signal(
        signal.SIGTERM, signal.default_int_handler
    )  # so that jobs on an engine and child processes end
    try:
        preset = preset_of(fast, best)
        without = "--no-tune" if no_tune else "--fast" if fast else ""
        assignments += _of_search(trials, time_limit, without, assignments if no_tune else ())
        find_own_code()
        overrides = _own_data(data, label)
        config = config or (template(data) if data else EXAMPLES / "digits.yaml")
        with quiet(ConfigError):  # what is monitored may be in a module of the user that imports TensorFlow
            loaded = load(
                config, {**overrides, "search": None} if no_tune else overrides, preset, assignments
            )
        beam.check(loaded.beam)
        cluster.check(loaded.search)
        check_alone(workspace, loaded.metadata)
        workspace = up_to_date(workspace or Path("workspace", *([loaded.name] if data else [])))
        last_resort.log_to(context, workspace)
        store = Address.parse(loaded.metadata) if loaded.metadata else None
        binding.check(workspace, store)
        if store:
            with quiet(UserError):  # MLMD's client greets
                server.set_up(store)
        with private(workspace):
            fitted = prepare(loaded, workspace)
            if preset:
                say(presets.line(loaded, preset))
            for line in few_lines(fitted.lines):
                say(line)
            bound = binding.bind(fitted.workspace, store)
            with held(bound, fitted.workspace) as lock, claimed(fitted.workspace):
                check_database(fitted.workspace)
                beam.probe(loaded.beam, fitted.workspace)
                for line in Production(fitted.workspace).restore(loaded.serving.keep, whole=verify):
                    say(line)
                code, report = _run(fitted, orchestrator, no_cache, verify, lock)
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second one must not cut this short
        click.echo("\nInterrupted. Finished work is kept; run the same command again to continue.")
        sys.exit(130)
    if report and open_report and not webbrowser.open(report.as_uri()):
        say(f"no browser found; open {report} manually", err=True)
    sys.exit(code)


def _own_data(data: Path | None, label: str | None) -> dict:
    """The configuration values that --data and --label replace."""
    from pipeline.config.own_data import overrides

    if data is None:
        return {"data": {"label": label}} if label else {}
    if label is None:
        raise click.UsageError("--data requires --label COLUMN, the column to predict")
    return overrides(data, label)


def _of_search(
    trials: str | None, time_limit: str | None, without: str, assigned: tuple[str, ...]
) -> tuple[str, ...]:
    """The assignments that --trials and --time-limit stand for.

    Args:
        trials: Value of --trials.
        time_limit: Value of --time-limit.
        without: Option that skips the search; empty if there is none.
        assigned: Values of --set that the option does not allow if they are of the search.
    """
    named = {"trials": trials, "time_limit": time_limit}
    given = {key: value for key, value in named.items() if value is not None}
    options = [f"--{key.replace('_', '-')}" for key in given]
    options += [f"--set {text}" for text in assigned if text.lstrip().startswith("search.")]
    if options and without:
        raise click.UsageError(
            f"{options[0]} and {without}, which skips the search, exclude each other; choose one"
        )
    return tuple(f"search.{key}={value}" for key, value in given.items())


def _run(
    fitted: "FittedConfig", orchestrator: str, no_cache: tuple[str, ...], verify: bool, lock: "Lock | None"
) -> tuple[int, Path | None]:
    """Returns the exit code, and the report if the run finished."""
    from pipeline.config.environment import remark, settings
    from pipeline.run.console import Terminal
    from pipeline.run.start import imports

    os.environ.update(settings(fitted.config) | dict(os.environ))
    if said := remark(fitted.config):
        say(said)
    terminal = Terminal(fitted.workspace / "logs")
    try:
        with terminal.status("Loading TensorFlow and TFX"), imports():
            from pipeline.run.cache import CachePolicy
            from pipeline.run.local import ComponentFailed, run_pipeline
            from pipeline.run.report import publish, undrawn
            from pipeline.run.summary import print_summary

        try:
            policy = CachePolicy(frozenset(no_cache), verify)
            finished = run_pipeline(fitted, terminal, orchestrator, policy, lock)
        except ComponentFailed as failure:
            terminal.print_failure(failure.name, failure.__cause__)
            return 2 if failure.is_mistake else 1, None
        report = publish(fitted, finished)
        print_summary(fitted, finished.outputs, report, terminal.console)
        for line in undrawn(finished, terminal.log_file("Report")):
            terminal.print_remark(line)
        return 0, report
    finally:
        terminal.close()


if __name__ == "__main__":
    main()
