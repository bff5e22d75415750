"""The same training on one CPU and on two virtual ones, in a process of its own, as devices cannot be divided later."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from tests import forks
from tests.conftest import LIMIT_S, ROOT


def divide() -> None:
    """Divides the CPU of this process into two devices."""
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)


def compared(script: Path, folder: Path) -> tuple[Any, Any]:
    """Runs a script, and checks that it found the same on one device and on two.

    Args:
        script: It gets the folder as its argument, and leaves arrays in `1.npz` and `2.npz`, by number of devices.
        folder: Empty folder.

    Returns:
        The arrays of both, by name.
    """
    code = forks.run_script(script, [str(folder)], ROOT, os.environ, folder, LIMIT_S)
    assert code == 0, (folder / "stderr").read_text(encoding="utf-8")[-3000:]
    one, two = (np.load(folder / f"{count}.npz") for count in (1, 2))
    assert one.files == two.files
    for name in one.files:
        np.testing.assert_allclose(one[name], two[name], rtol=1e-5, atol=1e-5, err_msg=name)
    return one, two
