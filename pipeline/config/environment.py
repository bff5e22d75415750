"""The part of a configuration that processes get as environment variables, because no result depends on it."""

from pipeline.config.sections import Config


def settings(config: Config) -> dict[str, str]:
    """Environment variables of the components, by name; those that are set already take precedence."""
    values = {"TF_NUM_INTRAOP_THREADS": str(config.threads)}
    if config.search and config.search.processes > 1:
        values["SEARCH_PROCESSES"] = str(config.search.processes)
    return values
