"""`python -m pipeline init`."""

from pathlib import Path

import click

from pipeline.command_options import say


@click.command(short_help="Write a configuration for your data.")
@click.option(
    "--data", type=click.Path(path_type=Path), required=True, help="Your data: a folder or a single file."
)
@click.option("--label", required=True, help="Column to predict.")
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write.  [default: NAME.yaml, by the name of the data]",
)
def init(data: Path, label: str, output: Path | None) -> None:
    """Write a configuration for your data, with everything that was guessed about it, and why.

    The file is ready to run, and to edit. Nothing is trained.
    """
    from components.errors import UserError
    from pipeline.config.load import load
    from pipeline.config.own_data import overrides, template
    from pipeline.config.prepare import inspected
    from pipeline.config.starter import starter

    completed = template(data)
    config = load(completed, overrides(data, label))
    output = output or Path(f"{config.name}.yaml")
    if output.exists():
        raise UserError(f"{output} exists; choose another file with --output, or remove it")
    fitted = inspected(config, Path("workspace"))
    try:
        output.write_text(starter(fitted, output, completed), encoding="utf-8")
    except OSError as error:
        raise UserError(
            f"{output}: cannot be written: {error.strerror}; choose another file with --output"
        ) from None
    for line in fitted.lines:
        say(line)
    say(f"Wrote {output}; edit it, and run it with: python local_runner.py --config {output}")
