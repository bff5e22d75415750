"""Refuses credentials in a configuration where they would be stored.

Runs, models, reports and the metadata store keep the configuration. Only two sections may hold credentials: `beam`,
whose arguments Beam needs as they are, and which is recorded without them; and `kubeflow`, which is not recorded.
A package for Kubeflow keeps both.
"""

from typing import Any

from pipeline.config.errors import ConfigError
from pipeline.config.sections import Config
from reactive_schedules import redaction


def refuse_stored(config: Config) -> None:
    """Refuses credentials that every run and model would store.

    Raises:
        ConfigError: There are some; one line for each.
    """
    _refuse(
        config.model_dump(mode="json", exclude={"beam", "kubeflow"}),
        "looks like a credential, and runs and models store the configuration; remove it, and read it from an "
        "environment variable in your code",
    )
    if config.search:  # not stored, but shown
        _refuse(
            {"search": {name: getattr(config.search, name) for name in ("cluster", "store")}},
            "looks like a credential, and other machines and logs get it; remove it, and give it as the store or Dask "
            "reads it, by environment variables or files",
        )


def recordable(config: Config) -> dict[str, Any]:
    """The configuration as runs record it, as in JSON: without where they run, and with credentials hidden."""
    return redaction.redacted(config.model_dump(mode="json", exclude={"kubeflow", "metadata"}))


def refuse_packaged(config: Config) -> None:
    """Refuses credentials that a package for Kubeflow would hold in plain text.

    Raises:
        ConfigError: There are some; one line for each.
    """
    # A `secrets` entry maps names of keys to names of variables, all of which sound like credentials.
    unnamed = {"defaults": {"secrets"}, "components": {"__all__": {"secrets"}}}
    _refuse(
        {"beam": config.beam, "kubeflow": config.kubeflow.model_dump(mode="json", exclude=unnamed)},
        "looks like a credential, and everyone who sees the package can read it; put it into a Kubernetes Secret, and "
        "name that under kubeflow.defaults.secrets",
    )


def _refuse(sections: dict[str, Any], fault: str) -> None:
    if lines := [f"{key}: {fault}" for key in redaction.found(sections)]:
        raise ConfigError("\n".join(lines))
