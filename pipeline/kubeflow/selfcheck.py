"""Checks that an image can run the pipeline's tasks: `python -m pipeline.kubeflow.selfcheck`.

Prints one line per check; the exit code is 1 if any check fails.
"""

import importlib
import importlib.metadata
import os
import re
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from packaging.requirements import Requirement

LOCK = Path(__file__).parents[2] / "requirements.txt"

UNUSED = Path(__file__).parent / "image/unused.txt"
"""Locked packages that the image does not have."""


class Unfit(Exception):
    """A check failed; the message says why."""


CHECKS: dict[str, Callable[[], str]] = {}
"""Checks by name; each returns what it found, and raises if that is wrong."""


def _check(function: Callable[[], str]) -> Callable[[], str]:
    CHECKS[function.__name__.strip("_").replace("_", " ")] = function
    return function


@_check
def _python() -> str:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] != (3, 11):
        raise Unfit(f"{version}; requirements.txt is for 3.11")
    return version


@_check
def _user() -> str:
    if os.geteuid() == 0:
        raise Unfit("root; run the image as its default user")
    return f"uid {os.geteuid()}"


@_check
def _temporary_files() -> str:
    with tempfile.NamedTemporaryFile() as file:
        file.write(b"x")
        return str(Path(file.name).parent)


@_check
def _locked_versions() -> str:
    lines = LOCK.read_text(encoding="utf-8").splitlines()
    requirements = [Requirement(line) for line in lines if line and not line.startswith("#")]
    locked = [
        (each.name, str(each.specifier).removeprefix("=="))
        for each in requirements
        if each.marker is None or each.marker.evaluate()  # false for another Python or platform
    ]
    if not locked:
        raise Unfit(f"{LOCK} lists no packages")
    # Not all of sys.path: setuptools adds its vendored packages to it.
    folder = [sysconfig.get_path("purelib")]
    found = importlib.metadata.distributions(path=folder)
    installed = {_normal(each.name): each.version for each in found}
    if "tensorflow" in installed:  # the GPU build
        installed["tensorflow-cpu"] = installed["tensorflow"]
    unused = {*UNUSED.read_text(encoding="utf-8").split()} - installed.keys()
    locked = [(name, version) for name, version in locked if _normal(name) not in unused]
    wrong = [
        f"{name} {installed.get(_normal(name), 'missing')} instead of {version}"
        for name, version in locked
        if installed.get(_normal(name)) != version
    ]
    if wrong:
        raise Unfit(", ".join(wrong))
    return f"{len(locked)} packages"


def _normal(name: str) -> str:
    return re.sub("[-_.]+", "-", name).lower()


@_check
def _container_entry() -> str:
    return importlib.import_module("pipeline.kubeflow.entry").__name__


@_check
def _components() -> str:
    from pipeline import dag

    return dag.__name__


@_check
def _tensorflow() -> str:
    import tensorflow as tf

    total = tf.function(lambda x: tf.reduce_sum(x @ x))(tf.ones((8, 8)))
    if float(total) != 512.0:
        raise Unfit(f"computes {float(total)} instead of 512")
    devices = ", ".join(device.device_type for device in tf.config.list_physical_devices())
    return f"{tf.__version__} on {devices}"


@_check
def _data_validation() -> str:
    import pandas as pd
    import tensorflow_data_validation as tfdv  # after TFX, which the check `components` has imported

    frame = pd.DataFrame({"length": [1.0, 2.0, 3.0]})
    schema = tfdv.infer_schema(tfdv.generate_statistics_from_dataframe(frame))
    (feature,) = schema.feature
    if feature.name != "length":
        raise Unfit(f"infers {feature.name!r} instead of 'length'")
    return importlib.metadata.version("tensorflow-data-validation")


def main() -> None:
    """Runs every check."""
    failed = False
    for name, check in CHECKS.items():
        start = time.perf_counter()
        try:
            mark, remark = "✓", check()
        except Exception as error:
            failed = True
            mark = "✗"
            remark = str(error) if isinstance(error, Unfit) else f"{type(error).__name__}: {error}"
        print(f"{mark} {name:16}  {time.perf_counter() - start:5.1f} s  {remark}", flush=True)
    sys.exit(failed)


if __name__ == "__main__":
    main()
