"""The actions at a plateau, one file each. All files in this folder are imported."""

import pkgutil
from importlib import import_module

from reactive_schedules.plateau.actions.base import (
    ACTIONS,
    Action,
    Change,
    Exhausted,
    Mark,
    Parameters,
    Present,
    register_action,
)

for _file in pkgutil.iter_modules(__path__):
    import_module(f"{__name__}.{_file.name}")

__all__ = ["ACTIONS", "Action", "Change", "Exhausted", "Mark", "Parameters", "Present", "register_action"]
