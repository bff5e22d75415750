import pytest

from reactive_schedules.search.searcher import Answer
from tests.reactive_schedules.search.searching import make


def test_answers_must_be_those_of_the_stage():
    searcher = make("random")
    asks = searcher.ask()
    with pytest.raises(
        RuntimeError, match=r"answers are missing for trials 0001, 0002, .*; call tell\(\) before ask\(\)"
    ):
        searcher.ask()
    with pytest.raises(ValueError, match="answers: must be for trials"):
        searcher.tell([Answer(asks[0].trial_id, 1.0)])
