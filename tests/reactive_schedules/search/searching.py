"""Searches on a function that stands for training."""

import json
import math
from collections.abc import Callable
from typing import Any

from reactive_schedules.search import registry, space
from reactive_schedules.search.searcher import Answer, Searcher

TRAINING = {
    "learning_rate": {"family": "constant", "peak": 0.1},
    "plateau": {"patience": 2},
    "epochs": 27,
}
SPACE = {
    "learning_rate": {
        "family": ["constant", "cosine", "one_cycle"],
        "peak": {"low": 0.01, "high": 0.2, "log": True},
        "final_ratio": [0.01, 0.1, 0.5],
    },
    "plateau": {"patience": {"low": 1, "high": 6}},
}
CONFIGURED = {"learning_rate.family": "constant", "learning_rate.peak": 0.1, "plateau.patience": 2}
SMALL = {"learning_rate": {"family": ["constant", "cosine"], "peak": [0.05, 0.1], "final_ratio": [0.1, 0.5]}}
SECTION = {"epochs": None, "seed": 0, "start": [], "prior": []}
TRIALS = 12
SLOW = {"bayesian": 6}
"""Trials of an algorithm that takes tenths of a second for a proposal."""


def make(algorithm: str, searched: dict = SPACE, direction: str = "min", **given: Any) -> Searcher:
    """The search that a section of a configuration asks for.

    Args:
        algorithm: its name.
        searched: the space.
        direction: of the objective.
        **given: options, and other keys of the section; `trials` only counts where the algorithm has it.
    """
    fields = registry.find(algorithm).options.model_fields
    trials = given.pop("trials", SLOW.get(algorithm, TRIALS))
    section = {
        **SECTION,
        "algorithm": algorithm,
        **({"trials": trials} if "trials" in fields else {}),
        **given,
    }
    hyperparameters = space.to_hyperparameters(TRAINING, {}, searched)
    return registry.make(section, hyperparameters, direction, TRAINING["epochs"])


def loss(values, epochs) -> float:
    """Best at cosine with a peak of 0.05; a one-cycle is bad until late."""
    late = values["learning_rate.family"] == "one_cycle"
    return (
        math.log(values["learning_rate.peak"] / 0.05) ** 2
        + (values["learning_rate.family"] == "constant")
        + values.get("learning_rate.final_ratio", 0)
        + (27 - epochs) / (2 if late else 20)
    )


def run(searcher: Searcher, outcome: Callable | None = None, sign: int = 1, stages: int = 1000) -> tuple:
    """Runs a search to its end, checking what it asks.

    Args:
        searcher: the search.
        outcome: function of (number, epochs) that says "failed", "ended" or None.
        sign: -1 for a search that maximises.
        stages: to give up after.

    Returns:
        The stages; and by number the epochs and the last score of all trials that did not fail.
    """
    done, asked, finished, scores = [], {}, set(), {}
    for _ in range(stages):
        asks = searcher.ask()
        if not asks:
            return done, {number: (asked[number], score) for number, score in scores.items()}
        assert len({ask.number for ask in asks}) == len(asks)
        answers = []
        for ask in asks:
            epochs = ask.until or TRAINING["epochs"]
            assert ask.number not in finished, "asks for more of a trial that is over"
            assert epochs > asked.get(ask.number, 0), "asks for the same epochs twice"
            assert ask.parent == (ask.trial_id if ask.number in asked else None)
            space.from_hyperparameters(TRAINING, {}, ask.values)
            json.dumps(ask.values)
            asked[ask.number] = epochs
            what = outcome(ask.number, epochs) if outcome else None
            score = sign * loss({**CONFIGURED, **ask.values}, epochs)
            if what:
                finished.add(ask.number)
            if what == "failed":
                scores.pop(ask.number, None)
            else:
                scores[ask.number] = score
            answers.append(
                Answer(ask.trial_id, None if what == "failed" else score, what == "failed", what == "ended")
            )
        done.append(asks)
        searcher.tell(reversed(answers))
    raise AssertionError("never ends")
