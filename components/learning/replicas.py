"""Copies of a model on several devices of this machine, which share each batch."""

import contextlib
import functools
import logging
from typing import Literal, get_args

from components.errors import UserError, one_of

Strategy = Literal["mirrored"]
"""How a training uses several devices: `mirrored` has a copy of the model on each."""

progress = logging.getLogger("progress")


def check(strategy: Strategy | None) -> None:
    """Checks that there is such a strategy.

    Raises:
        UserError: There is not.
    """
    if strategy not in (None, *get_args(Strategy)):
        raise UserError(f"strategy: {strategy!r} is not a strategy; use {one_of(get_args(Strategy))}")


def scope(strategy: Strategy | None) -> contextlib.AbstractContextManager:
    """The context in which a model is built.

    Args:
        strategy: How to use several devices; None for one.

    Raises:
        UserError: There is no such strategy.
    """
    check(strategy)
    return _mirrored().scope() if strategy else contextlib.nullcontext()


@functools.cache
def _mirrored():  # noqa: ANN202 – TensorFlow's stubs lack the type
    """The strategy of this process. With a second one, TensorFlow cannot train another model (2.21)."""
    import tensorflow as tf

    devices = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
    names = [device.name for device in devices]
    progress.info(f"strategy mirrored: {len(names)} device{'s' * (len(names) != 1)}, {', '.join(names)}")
    return tf.distribute.MirroredStrategy(names)
