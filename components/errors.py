"""What every command reports the same way."""


class UserError(ValueError):
    """What was asked for cannot be done: the message says why, where and what to do, one line per fault.

    Commands print it and exit with code 2.
    """


class DataError(UserError):
    """The data cannot be used as configured; the message names the configuration key and the remedy."""
