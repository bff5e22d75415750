"""Whether the cluster and the store of a search can be used, before a run begins."""

import secrets

from components.errors import UserError
from pipeline.config.search import SearchSection
from reactive_schedules.failures import summary_of
from reactive_schedules.search.executor.address import ClusterError, Tls, resolved
from reactive_schedules.search.executor.store import Store, StoreError


def check(search: SearchSection | None, timeout_s: float = 10.0) -> None:
    """Connects to the scheduler, and writes to the store.

    Args:
        search: What is searched and where; None if nothing is.
        timeout_s: Seconds for the scheduler to answer.

    Raises:
        UserError: The scheduler does not answer, or the store cannot be written.
    """
    try:
        if search and search.cluster:
            from reactive_schedules.search.executor.scheduler import connect

            tls = Tls(**search.tls.model_dump()) if search.tls else None
            connect(resolved(search.cluster), tls, timeout_s).close()
        if search and search.store:
            _check_store(search.store)
    except (ClusterError, StoreError) as error:
        raise UserError(f"search.{error}") from None


def _check_store(uri: str) -> None:
    name, store = f"check-{secrets.token_hex(4)}", Store(uri)
    try:
        store.put(name, b"")
        store.remove([name])
    except Exception as error:  # every store has its own
        raise StoreError(
            f"store: {uri} cannot be written ({summary_of(error)}); correct it, or give access"
        ) from None
