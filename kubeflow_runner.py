"""Compiles the pipeline for Kubeflow Pipelines and submits it."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from components.errors import UserError
from pipeline.command_options import BEST, FAST, SET, Group, preset_of, say

if TYPE_CHECKING:
    from pipeline.kubeflow.compiled import Package
    from pipeline.kubeflow.recurring import Schedule
    from pipeline.kubeflow.submit import Service

EXAMPLES = Path(__file__).parent / "examples"
FILE = click.Path(path_type=Path)
SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.group(cls=Group, context_settings=SETTINGS)
def main() -> None:
    """Compile the pipeline for open-source Kubeflow Pipelines 2, and run it there."""


def _pipeline_root(context: click.Context, parameter: click.Parameter, value: str) -> str:
    from pipeline.config.uris import SCHEMES, scheme
    from reactive_schedules import redaction

    if redaction.is_in(value):
        raise click.BadParameter("must not contain a login; docs/kubeflow.md says where credentials go")
    if scheme(value) is None:
        raise click.BadParameter(f"must be a URI with a bucket ({', '.join(SCHEMES)}); got {value!r}")
    return value.rstrip("/")


@main.command("compile", context_settings=SETTINGS)
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    default=EXAMPLES / "digits.yaml",
    help="Pipeline configuration.  [default: examples/digits.yaml]",
)
@click.option("--image", required=True, help="Container image for the components, as the cluster pulls it.")
@click.option(
    "--pipeline-root",
    required=True,
    callback=_pipeline_root,
    help="Where Kubeflow stores artifacts: minio://BUCKET/PATH, s3://… or gs://…",
)
@FAST
@BEST
@SET
@click.option("--no-tune", is_flag=True, help="Skip the search; train with the configured schedule.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("pipeline.yaml"),
    show_default=True,
    help="Package file to write.",
)
def compile_command(
    config: Path,
    image: str,
    pipeline_root: str,
    fast: bool,
    best: bool,
    assignments: tuple[str, ...],
    no_tune: bool,
    output: Path,
) -> None:
    """Write a package for `submit` or for the Kubeflow Pipelines UI."""
    from pipeline.config import presets
    from pipeline.config.errors import ConfigError
    from pipeline.config.load import load
    from pipeline.kubeflow.plan import plan
    from pipeline.run.start import find_own_code, imports, quiet

    preset = preset_of(fast, best)
    find_own_code()
    loaded = load(config, {"search": None} if no_tune else {}, preset, assignments)
    planned = plan(loaded)
    if preset:
        say(presets.line(loaded, preset))
    for line in planned.fitted.lines:
        say(line)
    with quiet(ConfigError):
        with imports():
            from pipeline.kubeflow.package import compile_package

        text = compile_package(planned, image, pipeline_root)
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(f"{output}: {error.strerror}; choose another file with --output") from None
    say(f"Wrote {output}")


@main.command(context_settings=SETTINGS)
@click.argument("package", type=click.Path(path_type=Path, dir_okay=False), default=Path("pipeline.yaml"))
@click.option("--endpoint", required=True, help="URL of Kubeflow Pipelines, such as http://localhost:8080.")
@click.option("--namespace", help="Your namespace on a multi-user Kubeflow.")
@click.option("--experiment", help="Existing experiment for the run.  [default: Default]")
@click.option("--token-file", type=FILE, help="File that holds a bearer token; read again for every request.")
@click.option("--cookie-file", type=FILE, help="File that holds cookies, such as authservice_session=…")
@click.option("--ca-cert", type=FILE, help="File with the certificates to trust, for a private authority.")
@click.option(
    "--plain-http", is_flag=True, help="Allow the login to be sent to an http:// endpoint, unencrypted."
)
@click.option("--param", multiple=True, metavar="NAME=VALUE", help="Run parameter; may be repeated.")
@click.option("--wait", is_flag=True, help="Wait for the run to end; exit with 1 unless it succeeds.")
@click.option("--every", metavar="TIME", help="Run again and again instead: 30min, 6h, 1d, 1w.")
@click.option("--cron", metavar="FIELDS", help="Like --every, at times as in a crontab: '0 6 * * *'.")
@click.option("--list", "listed", is_flag=True, help="Only list the recurring runs of PACKAGE.")
@click.option("--stop", is_flag=True, help="Only delete the recurring runs of PACKAGE.")
def submit(
    package: Path,
    endpoint: str,
    namespace: str | None,
    experiment: str | None,
    param: tuple[str, ...],
    wait: bool,
    every: str | None,
    cron: str | None,
    listed: bool,
    stop: bool,
    **login: Any,
) -> None:
    """Upload PACKAGE as a new pipeline version and start a run, or make it recur.

    Run parameters are data_path, data_version, epochs and trials. With --every or --cron, a pipeline has one recurring
    run, which replaces earlier ones, and each of its runs reads the data anew.
    """
    from pipeline.kubeflow.compiled import Package
    from pipeline.kubeflow.login import Login
    from pipeline.kubeflow.submit import Service

    modes = {"--every": every, "--cron": cron, "--list": listed, "--stop": stop, "--wait": wait}
    if len(chosen := [name for name, value in modes.items() if value]) > 1:
        raise click.UsageError(f"{' and '.join(chosen)} exclude each other; choose one of them")
    recurs = chosen != [] and not wait
    loaded = Package(package)
    schedule = _schedule(every, cron)
    parameters = loaded.parameters(param, recurring=schedule is not None)
    service = Service(endpoint, namespace, Login(**login))
    if recurs:
        _recur(service, loaded, parameters, experiment, schedule, stop)
        return
    run = service.submit(loaded, parameters, experiment)
    say(f"Run {service.link(run)}")
    if wait:
        sys.exit(_follow(service, run, loaded))


def _schedule(every: str | None, cron: str | None) -> "Schedule | None":
    from pipeline.kubeflow import recurring

    if every is not None:
        return recurring.every(every)
    return None if cron is None else recurring.cron(cron)


def _recur(
    service: "Service",
    package: "Package",
    parameters: dict[str, Any],
    experiment: str | None,
    schedule: "Schedule | None",
    stop: bool,
) -> None:
    """Makes the recurring run of a package, deletes it, or lists what there is."""
    from pipeline.kubeflow.recurring import RecurringRuns

    runs = RecurringRuns(service)
    if schedule is not None:
        made, deleted = runs.create(package, parameters, experiment, schedule)
        replaced = f", in the place of {deleted} earlier" if deleted else ""
        say(f"Runs {schedule}{replaced}: {runs.link(made)}")
    elif stop:
        deleted = runs.stop(package.name)
        say(f"Deleted {deleted} recurring run{'s' * (deleted != 1)} of {package.name}")
    else:
        lines = [f"{due}, {state}: {runs.link(number)}" for number, due, state in runs.known(package.name)]
        for line in lines or [f"{package.name} has no recurring run"]:
            say(line)


def _follow(service: "Service", run: str, package: "Package") -> int:
    """Prints every change of state until the run ends."""
    shown: dict[str, str] = {}
    state = ""
    try:
        for seen, tasks in service.follow(run):
            state = seen
            for name, now in tasks.items():
                # Kubeflow also reports internal tasks: drivers, the root, the workflow.
                if name in package.tasks and shown.get(name) != now:
                    shown[name] = now
                    say(f"{time.strftime('%H:%M:%S')}  {name:18}{now.lower()}")
    except KeyboardInterrupt:
        click.echo("\nStopped following; the run continues.")
        return 130
    if state == "SUCCEEDED":
        click.echo("The run succeeded.")
        return 0
    failed = [name for name, now in shown.items() if now == "FAILED"]
    reason = service.error(run)
    ended = "failed" if state == "FAILED" else f"was {state.lower()}"
    tasks = f": {', '.join(failed)}" if failed else ""
    say(f"The run {ended}{tasks}{f' ({reason})' if reason else ''}", err=True)
    return 1


if __name__ == "__main__":
    main()
