"""Families of learning rates: one file each, with parameters and formula, registered by name."""

import pkgutil
from importlib import import_module

from reactive_schedules.families.base import Family
from reactive_schedules.families.learning_rate import LearningRate
from reactive_schedules.families.registry import FAMILIES, register_family

for _module in pkgutil.iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")

__all__ = ["FAMILIES", "Family", "LearningRate", "register_family"]
