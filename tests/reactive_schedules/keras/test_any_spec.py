"""Any spec that can be written: it resolves or says why not, keeps its bounds, and survives every round trip."""

import json

import keras
import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from reactive_schedules import SpecError, TrainingSpec, build_schedule
from reactive_schedules.families import FAMILIES
from reactive_schedules.keras.build import family_of

RUN = 400

peaks = st.floats(1e-8, 10)
ratios = st.floats(0, 1)
positive_ratios = st.floats(1e-6, 1)
durations = st.one_of(
    st.integers(0, RUN),
    st.integers(0, RUN).map("{}st".format),
    st.floats(0, 100).map(lambda share: f"{share:.3f}%"),
)
warmed = {
    "warmup": durations,
    "warmup_shape": st.sampled_from(["linear", "exponential", "constant"]),
    "warmup_start": positive_ratios,
}
decaying = {**warmed, "final_ratio": ratios, "length": st.one_of(st.none(), durations)}
open_ended = {**decaying, "final_ratio": positive_ratios, "staircase": st.booleans()}
ARGUMENTS = {
    "constant": warmed,
    "linear": decaying,
    "exponential": open_ended,
    "inverse_time": open_ended,
    "polynomial": {**decaying, "power": st.floats(0.1, 5)},
    "cosine": decaying,
    "cosine_restarts": {
        **warmed,
        "period": durations,
        "final_ratio": ratios,
        "growth": st.integers(1, 4),
        "cycle_ratio": positive_ratios,
    },
    "cyclical": {
        **warmed,
        "final_ratio": ratios,
        "step_size": durations,
        "scale": st.sampled_from(["triangular", "triangular2", "exp_range", "exp_range_amplitude"]),
        "gamma": positive_ratios,
    },
    "one_cycle": {
        "warmup": durations,
        "warmup_start": ratios,
        "final_ratio": ratios,
        "length": st.one_of(st.none(), durations),
        "anneal": st.sampled_from(["cosine", "linear"]),
        "three_phase": st.booleans(),
    },
    "warmup_stable_decay": {
        **decaying,
        "decay": durations,
        "tail": st.sampled_from(["linear", "cosine", "1-sqrt"]),
    },
    "inverse_sqrt": warmed,
    "rex": decaying,
    "piecewise": {
        **warmed,
        "boundaries": st.just(["20%", "150st"]),
        "ratios": st.permutations([1.0, 0.5, 0.0]),
    },
}


def any_family() -> st.SearchStrategy:
    def complete(arguments):
        # A warm-up that multiplies cannot begin at 0, which is the default.
        start = {"warmup_start": 0.1} if "warmup_shape" in arguments else {}
        return {**start, **arguments}

    return st.sampled_from(sorted(ARGUMENTS)).flatmap(
        lambda name: st.fixed_dictionaries(
            {"family": st.just(name), "peak": peaks}, optional=ARGUMENTS[name]
        ).map(complete)
    )


def any_sequence() -> st.SearchStrategy:
    parts = st.lists(any_family(), min_size=2, max_size=2)
    return st.builds(lambda parts: {"family": "sequence", "parts": parts, "boundaries": ["50%"]}, parts)


any_arguments = st.one_of(any_family(), any_family(), any_sequence())


def resolved_or_none(arguments):
    """The formula, or None where the durations do not fit together, which must be said in words."""
    spec = FAMILIES[arguments["family"]].parse(arguments)
    try:
        return spec.resolve(RUN)
    except SpecError as error:
        reason = str(error)
    assert "must be" in reason
    assert "got" in reason
    return None


def test_every_family_is_covered():
    assert set(ARGUMENTS) | {"sequence"} == set(FAMILIES)


@settings(max_examples=300, deadline=None)
@given(any_arguments)
def test_bounds_and_plain_round_trips(arguments):
    spec = TrainingSpec.parse({"learning_rate": arguments})
    assert TrainingSpec.from_yaml(spec.to_yaml()) == spec
    assert TrainingSpec.from_yaml(json.dumps(spec.model_dump(mode="json"))) == spec
    family = resolved_or_none(arguments)
    if family is not None:
        rates = family(np.arange(0, 3 * RUN, 7))
        assert np.isfinite(rates).all()
        assert rates.min() >= 0
        assert rates.max() <= family.spec.peak * (1 + 1e-14)
        assert family.spec.resolve(RUN) == family
        steps = [at for _, at in family.landmarks]
        assert steps == sorted(steps)


@settings(max_examples=60, deadline=None)
@given(any_arguments, st.lists(st.integers(0, 3 * RUN), min_size=1, max_size=5))
def test_keras_agrees_and_survives_serialisation(arguments, steps):
    family = resolved_or_none(arguments)
    assume(family is not None)
    schedule = build_schedule(family.spec)
    assert family_of(schedule) == family.spec
    text = json.dumps(keras.optimizers.schedules.serialize(schedule))
    again = keras.optimizers.schedules.deserialize(json.loads(text))
    assert again.get_config() == schedule.get_config()
    expected = family(np.array(steps))
    # A float32 holds no rate below 1e-38, and few digits of those just above.
    assert np.allclose(again(np.array(steps)).numpy(), expected, rtol=1e-6, atol=1e-37)
