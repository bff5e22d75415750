"""Which files belong to Python and its installed packages, and which are the user's."""

import functools
import site
import sysconfig
from pathlib import Path

_PRODUCT = Path(__file__).resolve().parents[1]
_OWN = tuple(_PRODUCT / name for name in ("reactive_schedules", "components", "pipeline"))


@functools.cache
def _folders() -> tuple[Path, ...]:
    paths = (sysconfig.get_path(name) for name in ("purelib", "platlib", "stdlib", "platstdlib"))
    found = {*paths, *site.getsitepackages(), site.getusersitepackages()}
    return tuple(Path(folder).resolve() for folder in found)


def is_installed(file: Path) -> bool:
    """Whether a file belongs to the standard library or to an installed package; editable installs do not."""
    return any(file.resolve().is_relative_to(folder) for folder in _folders())


def is_users(file: Path) -> bool:
    """Whether a file is the user's: neither installed nor part of this project."""
    resolved = file.resolve()
    own = resolved.parent == _PRODUCT or any(resolved.is_relative_to(folder) for folder in _OWN)
    return not own and not is_installed(file)
