"""Lists the packages of this environment with their licences: `python -m pipeline.kubeflow.licences`.

The image holds the result in `/licences.txt`.
"""

import shutil
import subprocess
from collections.abc import Iterator
from importlib.metadata import Distribution, distributions

COLUMNS = "package\tversion\tlicence"


def python_packages() -> list[tuple[str, str, str]]:
    """Name, version and licence of each Python package, by name."""
    found = {each.metadata["Name"].lower(): each for each in distributions()}
    return [(name, each.version, licence(each)) for name, each in sorted(found.items())]


def licence(distribution: Distribution) -> str:
    """The licence as the package's metadata states it, else its licence files, else `unknown`."""
    metadata = distribution.metadata
    if "License-Expression" in metadata:
        return metadata["License-Expression"]
    classifiers = [
        each.rpartition(" :: ")[2]
        for each in metadata.get_all("Classifier") or ()
        if each.startswith("License :: ") and not each.endswith(":: OSI Approved")
    ]
    stated = [line for text in metadata.get_all("License") or () for line in text.strip().splitlines()]
    files = [f"see {name}" for name in metadata.get_all("License-File") or ()]
    return "; ".join(classifiers) or next(iter([*stated, *files]), "unknown")


def debian_packages() -> Iterator[tuple[str, str, str]]:
    """Name, version and file with the licence of each Debian package; none on other systems."""
    if shutil.which("dpkg-query") is None:
        return
    command = ["dpkg-query", "--show", "--showformat", "${Package}\t${Version}\n"]
    for line in subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines():
        name, version = line.split("\t")
        yield name, version, f"/usr/share/doc/{name}/copyright"


if __name__ == "__main__":
    print(COLUMNS)
    for row in (*python_packages(), *debian_packages()):
        print("\t".join(row))
