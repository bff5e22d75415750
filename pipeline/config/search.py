"""The `search` section of a configuration: what the Tuner tries, and how."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    Field,
    SerializeAsAny,
    SerializerFunctionWrapHandler,
    field_validator,
    model_serializer,
    model_validator,
)

from components.errors import one_of
from pipeline.config.training import derived_mode
from reactive_schedules import SpecError, TrainingSpec, documents
from reactive_schedules.errors import did_you_mean, fault, prefixed
from reactive_schedules.fields import Interval, SpecModel
from reactive_schedules.search import registry, space
from reactive_schedules.search.common import Common, objective_of
from reactive_schedules.search.executor.address import ClusterError
from reactive_schedules.search.executor.address import check as check_cluster
from reactive_schedules.search.executor.store import StoreError
from reactive_schedules.search.executor.store import check as check_store
from reactive_schedules.search.options import Options

_DEFAULT = "random"


class TlsSection(SpecModel):
    """Certificates for a Dask cluster, as PEM files.

    Attributes:
        ca_file: Certificates of the authorities that are trusted.
        cert_file: Certificate of this machine.
        key_file: Private key of the certificate.
    """

    ca_file: str
    cert_file: str
    key_file: str


class SearchSection(Common):
    """What the Tuner tries. In the file, the algorithm's options are on the same level as the other keys.

    Attributes:
        algorithm: Name of an algorithm from docs/tuner.md, or the dotted path of your own, package.module.name.
        options: Options of the algorithm; see its module in `reactive_schedules.search.algorithms`.
        prior: Trials of an earlier study; in the file, the path of its tuner_results.json.
        processes: Number of trials at a time, each in a process of its own. The result does not depend on it, so it is
            left out of what is written down.
        cluster: Address of the scheduler of a Dask cluster that runs the trials, or path of a scheduler file. Left out
            of what is written down, as are the next two.
        tls: Certificates for the cluster; by default, those of Dask's own configuration.
        store: URI of an object store that all workers can access, if they do not see the workspace.
        pods: On Kubeflow, number of pods beside the Tuner's that run trials; 0 runs all in the Tuner's pod. Left out of
            what is written down, too.
        space: Values to try, in the layout of `training`, plus `model` for hyperparameters of the model.
    """

    algorithm: str = _DEFAULT
    options: SerializeAsAny[Options]
    processes: Annotated[int, Interval("[1, 1024]"), Field(exclude=True)] = 1
    cluster: Annotated[str | None, Field(exclude=True)] = None
    tls: Annotated[TlsSection | None, Field(exclude=True)] = None
    store: Annotated[str | None, Field(exclude=True)] = None
    pods: Annotated[int, Interval("[0, 1024]"), Field(exclude=True)] = 0
    space: dict[str, Any]

    @property
    def code(self) -> tuple[str, ...]:
        """Dotted paths of the user's functions that the search depends on."""
        return (self.algorithm,) if "." in self.algorithm else ()

    @model_validator(mode="before")
    @classmethod
    def _take_options(cls, data: Any) -> Any:
        """Collects the keys that are not fields of the section, and validates them as the algorithm's options."""
        if not isinstance(data, Mapping):
            return data
        own = ["algorithm", *(key for key in cls.model_fields if key not in ("algorithm", "options"))]
        name = data.get("algorithm", _DEFAULT)
        try:
            options = registry.find(str(name)).options
        except ValueError as error:
            raise fault("algorithm", str(error)) from None
        given = {key: value for key, value in data.items() if key not in own}
        for key in given:
            if key not in options.model_fields:
                raise fault(str(key), _not_an_option(str(key), name, [*own, *options.model_fields]))
        return {
            **{key: value for key, value in data.items() if key in own},
            "options": options.model_validate(given),
        }

    @model_serializer(mode="wrap")
    def _as_written(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        section = dump(self)
        options = section.pop("options")
        return {**section, **options}

    @field_validator("cluster")
    @classmethod
    def _reachable(cls, value: str | None) -> str | None:
        if value is not None:
            _check(check_cluster, value)
        return value

    @field_validator("store")
    @classmethod
    def _usable(cls, value: str | None) -> str | None:
        if value is not None:
            _check(check_store, value)
        return value

    @field_validator("prior", mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        if not isinstance(value, str | Path):
            return _trials(value, "these are")
        try:
            found = documents.from_json(Path(value).read_text(encoding="utf-8"))
        except OSError as error:
            raise ValueError(f"{value}: {error.strerror}; give a tuner_results.json") from None
        except ValueError:  # not text, not JSON, or a name with a NUL
            raise ValueError(f"{value}: not JSON; give a tuner_results.json") from None
        return _trials(found, f"{value}:")

    @model_validator(mode="before")
    @classmethod
    def _derive_direction(cls, data: Any) -> Any:
        if not isinstance(data, Mapping) or not isinstance(data.get("objective"), str):
            return data
        direction = derived_mode("objective", data["objective"], "direction", data.get("direction"))
        return {**data, "direction": direction}

    @model_validator(mode="after")
    def _consistent(self) -> "SearchSection":
        if self.tls and not self.cluster:
            raise fault("tls", "requires a cluster; set search.cluster, too, or leave both out")
        return self


def _check(check: Callable[[str], None], value: str) -> None:
    try:
        check(value)
    except (ClusterError, StoreError) as error:  # which names the key, too
        raise ValueError(str(error).partition(": ")[2]) from None


def _not_an_option(key: str, algorithm: str, known: list[str]) -> str:
    if having := registry.algorithms_with(key):
        return f"is not an option of {algorithm}; leave it out, or use {one_of(having)}"
    return f"unknown key; {did_you_mean(key, known)}known keys: {', '.join(known)}"


def _trials(records: Any, where: str) -> Any:
    if not isinstance(records, list) or not all(
        isinstance(each, dict) and "score" in each for each in records
    ):
        raise ValueError(f"{where} not a list of trials with a score; give a tuner_results.json")
    return records


def checked(search: SearchSection, training: TrainingSpec, hyperparameters: dict[str, Any]) -> SearchSection:
    """Checks the section, and completes its start points to values by path.

    Args:
        search: The section.
        training: Spec that the space varies.
        hyperparameters: Hyperparameters of the model, which the space can vary as well.

    Raises:
        SpecError: An option, the space, a start point or the objective of the prior does not fit.
    """
    place = training.model_dump(mode="json"), hyperparameters, search.space
    try:
        if isinstance(training.epochs, int):
            search.options.check(min(search.epochs or training.epochs, training.epochs))
        elif search.epochs:
            search.options.check(search.epochs)
        _check_prior(search, training)
        space.check(*place)
        start = []
        for number, point in enumerate(search.start):
            try:
                start.append(space.complete(*place, point))
            except SpecError as error:
                raise prefixed(error, f"start.{number}") from None
    except SpecError as error:
        raise prefixed(error, "search") from None
    return search.model_copy(update={"start": start})


def _check_prior(search: SearchSection, training: TrainingSpec) -> None:
    """Refuses scores of a different objective. Records of older releases do not name theirs and are accepted."""
    wanted = objective_of(search.objective, search.direction, training)
    for record in search.prior:
        found = record.get("objective", wanted[0]), record.get("direction", wanted[1])
        if found != wanted:
            raise SpecError(
                f"prior: its objective {found[0]} ({found[1]}) differs from this search's {wanted[0]} ({wanted[1]}); "
                "use the results of a search with the same objective"
            )
