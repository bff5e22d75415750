"""What a script gives to a search: functions and data, and how they come to the processes of the trials."""

import contextlib
import dataclasses
import inspect
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reactive_schedules import lean
from reactive_schedules.extras import brought_by
from reactive_schedules.search import trial
from reactive_schedules.search.executor.child import Attempt, Trial
from reactive_schedules.search.script.exchange import save

if TYPE_CHECKING:
    import keras

    from reactive_schedules.spec.training_spec import TrainingSpec
    from reactive_schedules.training.fit import FitResult

_FOLDER, _FILE = "given-", "given"


@dataclasses.dataclass(frozen=True)
class Given:
    """The arguments of `rs.tune` that the trials need.

    Attributes:
        build_model: Function of the hyperparameters, or of nothing, that returns a new model.
        train, validation: Sources for `rs.fit`, or functions without arguments that make them.
        hyperparameters: Hyperparameters of the model where the search begins.
        fit: Other arguments of `rs.fit`.
    """

    build_model: "Callable[..., keras.Model]"
    train: Any
    validation: Any
    hyperparameters: dict[str, Any]
    fit: dict[str, Any]

    def examples(self) -> int:
        """The number of training examples.

        Raises:
            ValueError: It cannot be known here, because a function makes them.
        """
        if callable(self.train):
            raise ValueError(
                "spec.epochs: give a number of epochs; how long a duration is, `train` does not tell"
            )
        return examples_of(self.train, "train")

    def model(self, hyperparameters: Mapping[str, Any]) -> "keras.Model":
        """Builds a model."""
        return self.build_model(
            *[dict(hyperparameters)] * bool(inspect.signature(self.build_model).parameters)
        )

    def example(self) -> Any:
        """The inputs of the first training example, as a batch, with which a model can be built."""
        return next(iter(_source(_made(self.train), "train").batches(1, 0, 0, None)))[0]

    def code(self) -> tuple[str, ...]:
        """Dotted paths of the functions that other processes import, instead of getting them."""
        import keras

        parts = keras.tree.flatten([self.build_model, self.train, self.validation, self.fit])
        functions = [part for part in parts if inspect.isfunction(part) and part.__module__ != "__main__"]
        return tuple(
            f"{each.__module__}.{each.__qualname__}" for each in functions if each.__qualname__.isidentifier()
        )

    @contextlib.contextmanager
    def stored(self, folder: Path | None = None) -> Iterator[Path]:
        """Yields a folder for this user alone, from which they can be read.

        Args:
            folder: Where to make it; by default, where only this machine sees it.

        Raises:
            ValueError: Something cannot be stored; names the argument.
        """
        with brought_by("search"):
            import cloudpickle
        parts = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        for left in folder.glob(f"{_FOLDER}*") if folder else ():  # by a search that was killed
            shutil.rmtree(left)
        with tempfile.TemporaryDirectory(prefix=_FOLDER, dir=folder) as made:
            file = Path(made, _FILE)
            for name, part in parts.items():
                try:
                    stored = cloudpickle.dumps(part)
                except Exception as error:  # of any type that the objects of a user raise
                    kind = type(part).__name__
                    raise ValueError(
                        f"{name}: {kind} cannot be sent to another process ({error}); give a function without "
                        "arguments that makes it"
                    ) from None
                with file.open("ab") as stream:
                    stream.write(stored)
            yield Path(made)


def prepare(setting: Mapping[str, Any], inputs: Mapping[str, str]) -> Trial:
    """Reads what a script has given, and returns the function that trains a trial.

    Args:
        setting: `training`, `executions` and `objective`, see `trial.run`; and `weights`, where the weights of each
            trial go, see `exchange.weights_of`.
        inputs: The folder of `Given.stored`, as `given`.
    """
    lean.import_keras()
    import cloudpickle
    import keras

    with Path(inputs["given"], _FILE).open("rb") as stream:
        given = Given(**{field.name: cloudpickle.load(stream) for field in dataclasses.fields(Given)})

    rows = 0 if given.validation is None else examples_of(_made(given.validation), "validation")

    def run(attempt: Attempt) -> Mapping[str, Any]:
        def train(spec: "TrainingSpec", hyperparameters: Mapping[str, Any], **options: Any) -> "FitResult":
            from reactive_schedules.training.fit import fit

            keras.utils.set_random_seed(spec.seed)
            model = given.model(hyperparameters)
            result = fit(model, _made(given.train), _made(given.validation), spec, **given.fit, **options)
            if spec.seed == setting["training"]["seed"]:  # the first execution
                save(model, setting["weights"], attempt.ask.number)
            return result

        return trial.run(
            attempt,
            setting["training"],
            given.hyperparameters,
            setting["executions"],
            setting["objective"],
            train,
            {"rows": rows, "limit": None, "divisible": False} if rows else None,
        )

    return run


def examples_of(source: Any, name: str) -> int:
    """The number of examples of a source for `rs.fit`.

    Args:
        source: The source.
        name: Name of the argument, for messages.
    """
    return _source(source, name).examples


def _source(source: Any, name: str) -> Any:
    from reactive_schedules.training.backend import backend_of

    return backend_of("tune", "train with model.fit").as_source(source, name)


def _made(source: Any) -> Any:
    return source() if callable(source) else source
