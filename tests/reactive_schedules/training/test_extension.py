"""More epochs than a run was begun with."""

import pytest

import reactive_schedules as rs
from reactive_schedules.training.checkpoint import CheckpointError
from reactive_schedules.training.extension import Extension
from tests.reactive_schedules.training.any_backend.running import assert_equal_runs, fit

PLATEAU = {"patience": 1, "min_delta": 0.5, "max_actions": 9}


def spec(epochs, plateau=PLATEAU, **rate):
    return rs.TrainingSpec.parse(
        {
            "learning_rate": {"family": "constant", "peak": 0.1, **rate},
            "batch_size": 50,
            "epochs": epochs,
            "plateau": plateau,
        }
    )


def test_a_finished_run_goes_on_as_if_it_had_been_longer(tmp_path):
    chosen = {"warmup": "1ep"}
    assert fit(chosen=spec(2, **chosen), checkpoint_dir=tmp_path)[1].stopped_by == "epochs"
    longer = fit(chosen=spec(4, **chosen), checkpoint_dir=tmp_path)
    assert_equal_runs(longer, fit(chosen=spec(4, **chosen)))
    assert (longer[1].stopped_by, len(longer[1].history["loss"])) == ("epochs", 4)
    with pytest.raises(
        CheckpointError, match=r"saved with spec.epochs 4, but this run has 3; use another folder$"
    ):
        fit(chosen=spec(3, **chosen), checkpoint_dir=tmp_path)
    with pytest.raises(
        CheckpointError, match=r"saved with spec.learning_rate.peak 0.1, but this run has 0.2; use"
    ):
        fit(chosen=spec(9, **{**chosen, "peak": 0.2}), checkpoint_dir=tmp_path)


def test_a_schedule_that_ends_with_the_run_does_not_go_on(tmp_path):
    fit(chosen=spec(2, family="cosine"), checkpoint_dir=tmp_path)
    refusal = (
        r"epochs: cannot go from 2 to 4: at step 1 the rate was 0.0962, and would have been 0.099 in the longer run, "
        r"because the cosine schedule depends on the length of the run; give its durations in steps, "
    )
    with pytest.raises(CheckpointError, match=refusal):
        fit(chosen=spec(4, family="cosine"), checkpoint_dir=tmp_path)


@pytest.mark.parametrize(
    ("rate", "done", "goes_on"),
    [
        ({"warmup": "5%"}, 20, False),
        ({"family": "inverse_sqrt", "warmup": "2ep"}, 20, True),
        ({"family": "inverse_sqrt"}, 20, False),
        ({"family": "cosine", "length": "8ep"}, 20, True),
        ({"family": "warmup_stable_decay", "warmup": "1ep", "decay": "2ep"}, 18, True),
        ({"family": "warmup_stable_decay", "warmup": "1ep", "decay": "2ep"}, 20, False),
        ({"family": "power", "warmup": 9, "hold": "500ex", "decay": 0}, 20, True),
        ({"family": "exponential", "length": "1ep"}, 20, True),
        ({"family": "linear"}, 0, True),
    ],
)
def test_it_depends_on_the_rates_so_far(rate, done, goes_on):
    extension = Extension(spec(30, **rate), examples=1000)
    progress = {"epoch": done, "step": 0}
    if goes_on:
        extension.check(20, progress)
    else:
        with pytest.raises(
            rs.SpecError, match=r"^epochs: cannot go from 20 to 30: at step [\d,]+ the rate was"
        ):
            extension.check(20, progress)
