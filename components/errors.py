"""Errors that every command reports in the same way."""


class UserError(ValueError):
    """A request cannot be carried out. The message has one line per fault, with the place and the remedy.

    Commands print the message and exit with code 2.
    """


class DataError(UserError):
    """The data cannot be used as configured; the message names the configuration key and the remedy."""
