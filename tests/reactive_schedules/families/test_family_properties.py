"""What holds for every family and for any arguments."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reactive_schedules.families import FAMILIES
from tests.reactive_schedules.family_cases import RESOLVED, RUN, UNRESOLVED

STEPS = np.arange(0, 3 * RUN)

# Families that make no jumps after step 0; per step they move by at most this share of the peak.
CONTINUOUS = {
    "linear": 2 / RUN,
    "linear warmed": 0.06,
    "exponential": 0.005,
    "polynomial": 2 / RUN,
    "cosine": 0.011,
    "cyclical triangular": 0.024,
    "cyclical exp_range": 0.025,
    "cyclical amplitude": 0.12,
    "cyclical triangular2": 0.024,
    "one_cycle": 0.006,
    "one_cycle linear": 0.004,
    "one_cycle three phases": 0.006,
    "warmup_stable_decay": 0.021,
    "warmup_stable_decay cosine": 0.021,
    "inverse_sqrt": 0.011,
    "rex": 0.005,
    "coslog": 0.07,
    "flat_cosine": 0.004,
    "power": 0.021,
    "power without a tail": 0.03,
    "tanh": 0.005,
    "cosine k-decay": 0.034,
}
DECREASING = [
    "linear",
    "exponential",
    "exponential staircase",
    "inverse_time staircase",
    "polynomial",
    "rex",
    "flat_cosine",
    "power without a tail",
    "tanh",
    "linear k-decay",
]
# Families whose highest rate lies between two steps, or is approached only.
BELOW_THE_PEAK = {"cyclical exp_range": 0.5, "cyclical amplitude": 0.5, "coslog": 1e-5, "tanh": 1e-5}


@pytest.mark.parametrize("name", RESOLVED)
def test_bounds_are_never_left(name):
    rates = RESOLVED[name](STEPS)
    assert rates.min() >= 0
    assert rates.max() <= RESOLVED[name].spec.peak
    assert np.isfinite(rates).all()


@pytest.mark.parametrize("name", RESOLVED)
def test_the_peak_is_reached(name):
    missed = BELOW_THE_PEAK.get(name.removesuffix(" warmed"), 1e-12)
    assert RESOLVED[name](STEPS).max() == pytest.approx(RESOLVED[name].spec.peak, rel=missed)


@pytest.mark.parametrize(("name", "largest"), CONTINUOUS.items())
def test_continuity(name, largest):
    assert np.abs(np.diff(RESOLVED[name](STEPS))).max() <= largest * RESOLVED[name].spec.peak


@pytest.mark.parametrize("name", DECREASING)
def test_monotone(name):
    assert np.diff(RESOLVED[name](STEPS)).max() <= 0


@pytest.mark.parametrize(
    "name", ["one_cycle", "one_cycle linear", "warmup_stable_decay", "inverse_sqrt", "cosine", "power"]
)
def test_up_then_down(name):
    change = np.sign(np.diff(RESOLVED[name](STEPS)))
    change = change[change != 0]
    assert np.count_nonzero(np.diff(change)) == 1
    assert (change[0], change[-1]) == (1, -1)


@pytest.mark.parametrize("name", RESOLVED)
def test_negative_steps_count_as_0(name):
    assert RESOLVED[name](-5) == RESOLVED[name](0)


@pytest.mark.parametrize("name", RESOLVED)
def test_shape_is_kept(name):
    steps = STEPS[:60].reshape(3, 4, 5)
    rates = RESOLVED[name](steps)
    assert rates.shape == steps.shape
    assert rates.dtype == np.float64
    assert rates[1, 2, 3] == RESOLVED[name](steps[1, 2, 3])
    assert RESOLVED[name](7).shape == ()


@pytest.mark.parametrize("name", RESOLVED)
def test_float_steps_agree_with_integer_steps(name):
    assert RESOLVED[name](STEPS.astype(float)) == pytest.approx(RESOLVED[name](STEPS), rel=1e-14, abs=0)


@pytest.mark.parametrize("name", UNRESOLVED)
@pytest.mark.parametrize(
    "spec_of", [UNRESOLVED.get, lambda name: RESOLVED[name].spec], ids=["written", "in steps"]
)
def test_json_round_trip_is_exact(name, spec_of):
    spec = spec_of(name)
    again = type(spec).parse(json.loads(json.dumps(spec.model_dump(mode="json"))))
    assert again == spec


@pytest.mark.parametrize("name", RESOLVED)
def test_resolving_again_changes_nothing(name):
    assert RESOLVED[name].spec.resolve(RUN) == RESOLVED[name]


@pytest.mark.parametrize("name", RESOLVED)
def test_landmarks_are_steps_in_order(name):
    steps = [at for _, at in RESOLVED[name].landmarks]
    assert steps == sorted(steps)
    assert all(type(at) is int and at >= 0 for at in steps)


def test_every_family_works_with_a_peak_alone():
    for name, kind in FAMILIES.items():
        if name != "sequence":
            assert kind.parse({"peak": 0.1}).resolve(RUN)(RUN // 2) > 0


shares = st.floats(0, 1)
decaying = st.sampled_from(["linear", "cosine", "polynomial", "rex"])


@settings(max_examples=60)
@given(decaying, st.floats(1e-6, 10), shares, st.integers(2, 5000), st.sampled_from([1, 0.3, 2.5]), st.data())
def test_decays_start_at_the_peak_and_end_at_the_final_rate(family, peak, final, run, k_decay, data):
    warmup = data.draw(st.integers(0, run - 1))
    arguments = {"peak": peak, "final_ratio": final, "warmup": warmup, "k_decay": k_decay}
    spec = FAMILIES[family].parse(arguments).resolve(run)
    rates = spec(np.arange(run + 2))
    assert rates[warmup] == pytest.approx(peak, rel=1e-14)
    assert rates[run] == rates[run + 1] == pytest.approx(peak * final, rel=1e-14, abs=0)
    assert (np.diff(rates[warmup:]) <= 1e-15 * peak).all()
    assert (np.diff(rates[: warmup + 1]) >= 0).all()


@settings(max_examples=60)
@given(st.floats(1e-6, 10), shares, st.integers(1, 500), st.integers(0, 10**7), st.data())
def test_cycles_repeat(peak, base, size, step, data):
    spec = FAMILIES["cyclical"].parse({"peak": peak, "final_ratio": base, "step_size": size}).resolve()
    assert spec(step) == spec(step + 2 * size) == spec(step % (2 * size))
    assert peak * base * (1 - 1e-15) <= spec(step) <= peak * (1 + 1e-15)
    mirrored = data.draw(st.integers(0, 2 * size))
    assert spec(mirrored) == pytest.approx(spec(2 * size - mirrored), rel=1e-14)


@settings(max_examples=60)
@given(st.integers(2, 3000), st.data())
def test_one_cycle_is_bounded_and_reaches_its_three_rates(run, data):
    warmup = data.draw(st.integers(1, run - 1))
    start, final = data.draw(shares), data.draw(shares)
    spec = FAMILIES["one_cycle"].parse(
        {"peak": 1, "warmup": warmup, "warmup_start": start, "final_ratio": final}
    )
    rates = spec.resolve(run)(np.arange(run + 1))
    assert rates[[0, warmup, run]] == pytest.approx([start, 1, final], rel=1e-14, abs=0)
    assert rates.min() >= min(start, final) * (1 - 1e-15)
    assert rates.max() == 1
