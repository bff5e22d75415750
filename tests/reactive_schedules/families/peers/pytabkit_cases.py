"""pytabkit's schedules, which are those of RealMLP, and the families that give the same rates."""

from collections.abc import Callable

import numpy

from tests.reactive_schedules.families.peers.case import PEAK, STEPS, Case


def _pytabkit(name: str, length: int) -> Callable[[], numpy.ndarray]:
    def rates() -> numpy.ndarray:
        from pytabkit.models.training.scheduling import get_schedule

        schedule = get_schedule(name)
        return PEAK * numpy.array([schedule.call_time_(min(step / length, 1.0)) for step in range(STEPS)])

    return rates


PYTABKIT = {
    "coslog4": Case("pytabkit", {"family": "coslog", "length": 1500}, _pytabkit("coslog4", 1500)),
    "flat_cos": Case(
        "pytabkit", {"family": "flat_cosine", "flat": 800, "length": 1600}, _pytabkit("flat_cos", 1600)
    ),
    "linear to zero": Case("pytabkit", {"family": "linear", "length": 1500}, _pytabkit("linear", 1500)),
}
