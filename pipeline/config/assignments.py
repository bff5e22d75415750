"""Values of a configuration from the command line: `--set training.epochs=50`."""

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.config.errors import ConfigError
from reactive_schedules import documents


def assigned(document: Mapping[str, Any], assignments: Sequence[str]) -> dict[str, Any]:
    """Returns the content of a configuration file with other values.

    Args:
        document: Content of the file, not yet checked.
        assignments: Texts of the form `section.key=value`, applied in order. A value is YAML, as in the file.

    Raises:
        ConfigError: A text has another form, its value is not YAML, or its key leads through what is no section.
    """
    result = dict(document)
    for text in assignments:
        path, equals, written = text.partition("=")
        keys = [key.strip() for key in path.split(".")]
        if not equals or not all(keys):
            raise ConfigError(f"--set {text}: must be KEY=VALUE, such as training.epochs=50")
        try:
            value = documents.from_yaml(written)
        except documents.DocumentError as error:
            raise ConfigError(f"--set {path}: {error}") from None
        _assign(result, keys, value)
    return result


def _assign(section: dict[str, Any], keys: Sequence[str], value: Any) -> None:
    for place, key in enumerate(keys[:-1], start=1):
        inner = section.get(key)
        if not isinstance(inner, Mapping | None):
            path = ".".join(keys[:place])
            raise ConfigError(
                f"--set {'.'.join(keys)}: {path} is {inner!r}, which has no keys; set {path} itself"
            )
        section[key] = section = dict(inner or {})
    section[keys[-1]] = value
