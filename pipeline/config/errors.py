"""The error for invalid configurations."""

from components.errors import UserError


class ConfigError(UserError):
    """The configuration is invalid: one line per fault, with the key and the remedy."""
