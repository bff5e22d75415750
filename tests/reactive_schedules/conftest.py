from typing import Any

import pytest

from reactive_schedules.families import FAMILIES
from reactive_schedules.plateau.actions import ACTIONS


@pytest.fixture
def registered():
    """Takes back what a test registers, or other tests in the process would see it."""
    from reactive_schedules.keras.steps import SCHEDULES

    registries: list[dict[str, Any]] = [FAMILIES, SCHEDULES, ACTIONS]
    kept = [(registry, dict(registry)) for registry in registries]
    yield
    for registry, before in kept:
        registry.clear()
        registry.update(before)
