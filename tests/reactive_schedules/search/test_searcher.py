import pytest

from reactive_schedules.search.searcher import Answer
from tests.reactive_schedules.search.searching import make


def test_answers_must_be_those_of_the_stage():
    searcher = make("random")
    asks = searcher.ask()
    with pytest.raises(
        RuntimeError, match="tell the answers of trials 0001, 0002, .* before asking for more"
    ):
        searcher.ask()
    with pytest.raises(ValueError, match="answers must be of trials"):
        searcher.tell([Answer(asks[0].trial_id, 1.0)])
