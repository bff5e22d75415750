"""What is wrong with a configuration."""

from components.errors import UserError


class ConfigError(UserError):
    """The configuration cannot be used: one line per fault, each naming its key and the remedy."""
