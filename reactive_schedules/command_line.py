"""The commands of `reactive-schedules` and `python -m reactive_schedules`. Errors are one line, with exit code 2."""

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import click

from reactive_schedules import last_resort
from reactive_schedules.errors import SpecError
from reactive_schedules.plateau.description import describe
from reactive_schedules.printable import printable
from reactive_schedules.spec.training_spec import TrainingSpec
from reactive_schedules.version import __version__

_BACKENDS = ("tensorflow", "jax", "torch")


class _Commands(last_resort.Group):
    expected = (SpecError,)

    def foreseen(self, error: Exception) -> str | None:
        """Adds the remedy for a backend that is not installed."""
        backend = str(getattr(error, "name", None)).partition(".")[0]
        if not isinstance(error, ModuleNotFoundError) or backend not in _BACKENDS:
            return super().foreseen(error)
        return (
            f"Keras backend {backend!r} is not installed; run pip install 'reactive-schedules[{backend}]', "
            "or set KERAS_BACKEND to an installed backend"
        )


_SPEC = click.argument("spec", type=click.Path(path_type=Path))
_EXAMPLES = click.option(
    "--examples", type=click.IntRange(1, 10**12), required=True, help="Number of training examples."
)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="reactive-schedules %(version)s")
def main() -> None:
    """Preview learning-rate schedules, and find a learning rate."""


@main.command()
@_SPEC
@_EXAMPLES
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="Write a picture: a .png, .svg or .html file."
)
def preview(spec: Path, examples: int, output: Path | None) -> None:
    """Show the learning rate over a run.

    Prints a chart and a table of key points for SPEC, a YAML or JSON file. Nothing is trained, and TensorFlow is not
    loaded.
    """
    from reactive_schedules.ahead.preview import preview as look_ahead

    training = TrainingSpec.from_file(spec)
    training, horizon = training.at(examples), training.horizon(examples)
    ahead = look_ahead(training, horizon)
    if output is not None:
        ahead.draw(output)
    click.echo(
        f"{ahead.name}: {horizon.total_steps:,} steps, {horizon.epochs} epochs of "
        f"{horizon.steps_per_epoch:,}, batches of {horizon.batch_size}\n"
    )
    click.echo(ahead.sparkline(72, height=6))
    click.echo(f"\n{ahead.table()}")
    if training.plateau is not None:
        click.echo(printable(f"\nReaction to a plateau: {describe(training.plateau)}"))
    if output is not None:
        click.echo(f"\nWrote {output}")


@main.command()
@_SPEC
@_EXAMPLES
@click.option(
    "--plateaus", default="", metavar="60,120,160", help="Epochs after which the metric reaches a plateau."
)
def forecast(spec: Path, examples: int, plateaus: str) -> None:
    """Count updates and noise scale stage by stage.

    SPEC is a YAML or JSON file. A new stage begins whenever an action at a plateau changes the learning rate or the
    batch size.
    """
    from reactive_schedules.ahead.forecast import forecast as count_ahead

    try:
        epochs = [int(part) for part in plateaus.split(",") if part.strip()]
    except ValueError:
        raise SpecError(
            f"--plateaus: must be a comma-separated list of epochs, such as 60,120; got {plateaus!r}"
        ) from None
    click.echo(count_ahead(TrainingSpec.from_file(spec), examples, epochs).table())


@main.command()
def schema() -> None:
    """Print the JSON Schema of a training spec."""
    from reactive_schedules.spec.json_schema import json_schema

    click.echo(json_schema(), nl=False)


@main.command("range-test")
@click.argument("model")
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--low", default=1e-7, show_default=True, help="First learning rate.")
@click.option("--high", default=10.0, show_default=True, help="Last learning rate.")
@click.option("--steps", default=100, show_default=True, help="Number of training steps.")
@click.option("--batch-size", default=32, show_default=True, help="Examples per step.")
@click.option("--sweep", default="exponential", show_default=True, help="Sweep, exponential or linear.")
@click.option("--seed", default=0, show_default=True, help="Seed for weights and example order.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write a picture: a .png or .svg file.")
def range_test(model: str, data: Path, output: Path | None, **settings: Any) -> None:
    """Find the learning rates at which a model learns.

    MODEL is a .keras file with a compiled model, or module:function for a function that returns one. DATA is an .npz
    file with the arrays x and y, and optionally sample_weight.
    """
    from reactive_schedules.ahead.drawing import check_ending

    if output is not None:
        check_ending(output, (".png", ".svg"))
    arrays = _arrays(data)
    make = _model(model)
    import keras

    from reactive_schedules.ahead.range_test import range_test as run

    keras.utils.set_random_seed(settings["seed"])
    found = run(make(), arrays, **settings)
    click.echo(found.table())
    if output is not None:
        click.echo(f"\nWrote {found.draw(output)}")


def _arrays(path: Path) -> tuple:
    import numpy

    try:
        with numpy.load(path, allow_pickle=False) as held:
            missing = [name for name in ("x", "y") if name not in held]
            if missing:
                raise SpecError(f"{path}: array {missing[0]!r} is missing; found {', '.join(held) or 'none'}")
            return tuple(held[name] for name in ("x", "y", "sample_weight") if name in held)
    except SpecError:
        raise
    except (OSError, ValueError, TypeError, AttributeError, EOFError, BadZipFile) as error:
        reason = getattr(error, "strerror", None) or "is not an .npz file of plain arrays"
        raise SpecError(f"{path}: cannot be read: {reason}") from None


def _model(name: str) -> Callable[[], Any]:
    """Returns a function that makes the model. Checks the name without loading Keras."""
    if name.endswith(".keras"):
        if not Path(name).is_file():
            raise SpecError(f"{name}: cannot be read: No such file or directory")

        def load() -> Any:
            import keras

            from reactive_schedules.keras import registered  # noqa: F401

            try:
                return keras.models.load_model(name)
            except (ValueError, TypeError, OSError) as error:
                raise SpecError(f"{name}: cannot be loaded: {str(error).splitlines()[0]}") from None

        return load
    module, colon, function = name.partition(":")
    if not colon or not module or not function or module.startswith("."):
        raise SpecError(f"MODEL: must be a .keras file or module:function; got {name!r}")
    # The module may be in the current directory, as with `python -m`.
    sys.path.insert(0, str(Path.cwd()))
    try:
        return getattr(import_module(module), function)
    except ImportError as error:
        raise SpecError(f"MODEL: {module!r} cannot be imported: {error}") from None
    except AttributeError:
        raise SpecError(f"MODEL: module {module!r} has no {function!r}") from None
