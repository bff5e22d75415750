"""Where the trials of a search run, in environment variables, because no result depends on it."""

import contextlib
import hashlib
import json
import math
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from components.errors import UserError
from reactive_schedules.search.executor import earlier, environment, inputs
from reactive_schedules.search.executor.address import ClusterError, Tls, resolved
from reactive_schedules.search.executor.journal import Journal
from reactive_schedules.search.executor.store import Store, StoreError
from reactive_schedules.search.executor.worker import SILENCE_S, Work

if TYPE_CHECKING:
    from reactive_schedules.search.executor.cluster import Cluster

PROCESSES = "SEARCH_PROCESSES"
"""Environment variable: number of trials at a time on the machine of the Tuner."""

CLUSTER = "SEARCH_CLUSTER"
"""Environment variable: address of the scheduler of a Dask cluster, or path of a scheduler file."""

TLS = "SEARCH_TLS"
"""Environment variable: `Tls` as JSON."""

PODS = "SEARCH_PODS"
"""Environment variable: number of pods of the same run that run trials. They find each other in the store."""

STORE = "SEARCH_STORE"
"""Environment variable: URI below which the machines of a search share what they need."""

SILENCE = "SEARCH_SILENCE_S"
"""Environment variable: seconds without a sign of life after which a process or worker is given up, and without workers
after which the machine of the Tuner runs the trials itself."""

WAIT = "SEARCH_WAIT_S"
"""Environment variable: seconds without a sign of life from the Tuner after which the pod of a worker leaves."""


def processes() -> int:
    """Number of trials at a time on the machine of the Tuner."""
    return int(os.environ.get(PROCESSES) or 1)


def seconds(name: str, default: float) -> float:
    """The value of one of these variables.

    Raises:
        UserError: It is not a positive number.
    """
    text = os.environ.get(name) or str(default)
    with contextlib.suppress(ValueError):
        if 0 < (value := float(text)) < math.inf:
            return value
    raise UserError(f"{name}: must be a positive number of seconds; got {text!r}")


def silence_s() -> float:
    """Seconds without a sign of life after which a process or worker is given up."""
    return seconds(SILENCE, SILENCE_S)


@contextlib.contextmanager
def mistakes() -> Iterator[None]:
    """A context in which what is wrong with cluster or store is a mistake of the user."""
    try:
        yield
    except (ClusterError, StoreError) as error:
        raise UserError(f"search.{error}") from None


def journal(folder: Path, folders: Mapping[str, str]) -> Journal:
    """The journal of a search, with its part of the store if there is one.

    Args:
        folder: Its folder, whose name is different for each search.
        folders: Inputs of the search. Equal paths of different machines may have different content.
    """
    uri = os.environ.get(STORE)
    if not uri:
        return Journal(folder)
    content = "".join(inputs.digest(each) if "://" not in each else each for each in folders.values())
    name = f"{folder.name}-{hashlib.sha256(content.encode()).hexdigest()[:8]}"
    return Journal(folder, Store(uri).below(name))


def identity(work: Work, code: str) -> str:
    """What the results of a search depend on, apart from what it asks for, see `earlier.identity`.

    Args:
        work: What all trials have in common.
        code: Fingerprint of the user's code.
    """
    facts = environment.facts([work.function, *work.code])
    return earlier.identity(
        work.setting, dict(work.inputs), work.threads, code, facts, environment.variables()
    )


@contextlib.contextmanager
def cluster(work: Work, journal: Journal) -> "Iterator[Cluster | None]":
    """A connection to the cluster; None if trials run on the machine of the Tuner."""
    with _scheduler() as (address, tls):
        if not address:
            yield None
            return
        from reactive_schedules.search.executor.cluster import Cluster

        silence = silence_s()
        brought = PODS in os.environ  # Kubeflow's launcher downloads the inputs for the workers, too
        with Cluster(address, work, journal, tls, silence, silence, have_inputs=brought) as found:
            yield found


@contextlib.contextmanager
def _scheduler() -> Iterator[tuple[str | None, Tls | None]]:
    """The scheduler to use, and certificates for it: one of this search alone, that of the user, or none."""
    if PODS in os.environ:
        from reactive_schedules.search.executor.hosting import hosted

        with hosted(Store(os.environ[STORE])) as found:
            yield found
    elif cluster := os.environ.get(CLUSTER):
        yield resolved(cluster), Tls(**json.loads(os.environ[TLS])) if os.environ.get(TLS) else None
    else:
        yield None, None
