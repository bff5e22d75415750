import re
import sys
from typing import Annotated

import pytest
from pydantic import Field

from reactive_schedules import SpecError
from reactive_schedules.search import registry
from reactive_schedules.search.options import Options, RungOptions
from reactive_schedules.search.problem import Problem
from reactive_schedules.search.searcher import Searcher
from tests.conftest import ROOT
from tests.reactive_schedules.search.searching import make, run

DOCS = (ROOT / "docs/tuner.md").read_text(encoding="utf-8")
(EXAMPLE,) = (
    block for block in re.findall(r"```python\n(.*?)```", DOCS, re.DOTALL) if "@register_algorithm" in block
)


class Nothing(Options):
    wanted: Annotated[int, Field(description="Nothing.")] = 0


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """The example of the documentation as a module that nobody has imported."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "my_search.py").write_text(EXAMPLE, encoding="utf-8")
    yield "my_search.one_cut"
    sys.modules.pop("my_search", None)


def test_an_algorithm_of_the_users_own(mine):
    stages, scores = run(make(mine, trials=9, kept=3))
    assert [len(stage) for stage in stages] == [9, 3]
    assert [stage[0].until for stage in stages] == [1, None]
    assert len(scores) == 9
    assert "one_cut" in registry.algorithms()
    assert registry.algorithms_with("kept") == ["one_cut"]
    with pytest.raises(SpecError, match="look: must be less than the epochs of a trial; got 3"):
        registry.find("one_cut").options.parse({"look": 3}).check(3)


def test_an_algorithm_that_is_not_there(mine):
    with pytest.raises(ValueError, match=r"must be one of 'bayesian', .*'tpe'; got 'downhill'$"):
        registry.find("downhill")
    for no_path in ("..", ".tpe", "tpe.", "my search.tpe", "my_search..one_cut", "-.tpe"):
        with pytest.raises(
            ValueError, match=rf"must be one of 'bayesian', .*'tpe'; got '{re.escape(no_path)}'$"
        ):
            registry.find(no_path)
    with pytest.raises(ValueError, match="got 'my_search.downhill'; my_search does not register it"):
        registry.find("my_search.downhill")
    with pytest.raises(ValueError, match="'your_search.downhill': your_search is not installed and not on"):
        registry.find("your_search.downhill")


def test_a_name_stands_for_one_algorithm(mine):
    def other(problem: Problem, options: Nothing) -> Searcher:
        raise NotImplementedError

    with pytest.raises(
        ValueError,
        match=r"algorithm: 'tpe' is already registered by reactive_schedules\..*\.TPE; choose another",
    ):
        registry.register_algorithm("tpe", Nothing)(other)
    registry.register_algorithm("other", Nothing)(other)
    assert (
        registry.register_algorithm("other", Nothing)(other) is other
    )  # as a notebook's cell that is run again


def test_an_option_must_not_have_the_name_of_a_key_of_every_search():
    class Seeded(Options):
        seed: int = 0

    with pytest.raises(ValueError, match="seed: is a key of every search; rename the option"):
        registry.register_algorithm("seeded", Seeded)


@pytest.mark.parametrize(
    ("options", "epochs", "rungs"),
    [
        ({}, 27, (3, 9, 27)),
        ({}, 30, (4, 10, 30)),
        ({}, 1, (1,)),
        ({"min_epochs": 1}, 27, (1, 3, 9, 27)),
        ({"min_epochs": 27}, 27, (27,)),
        ({"min_epochs": 5}, 3, (3,)),  # as when a run of a compiled pipeline has fewer epochs
        ({"factor": 2, "min_epochs": 2}, 9, (3, 5, 9)),
    ],
)
def test_rungs(options, epochs, rungs):
    assert RungOptions(**options).rungs(epochs) == rungs
