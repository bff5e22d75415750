import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactive_schedules.duration import Horizon, resolve, whole_epochs
from reactive_schedules.errors import SpecError

# 50,000 examples in batches of 128: 391 steps per epoch.
CIFAR = Horizon(steps_per_epoch=391, epochs=200, batch_size=128)


@pytest.mark.parametrize(
    ("duration", "steps"),
    [
        (0, 0),
        (17, 17),
        ("200st", 200),
        ("200 st", 200),
        (" 200st ", 200),
        ("5ep", 1955),
        ("0.5ep", 196),  # 195.5, half up
        ("1e2ep", 39_100),
        ("30%", 23_460),
        ("12.5%", 9_775),
        ("100%", 78_200),
        ("0%", 0),
        ("50000ex", 391),  # the last, smaller batch counts
        ("128ex", 1),
        ("129ex", 2),
        ("0ex", 0),
        ("max(4ep, 300st)", 1564),
        (" max ( 4st,300st ) ", 300),
        ("max(1%, 1ep, 50000ex)", 782),
    ],
)
def test_durations_in_steps(duration, steps):
    assert resolve(duration, CIFAR) == steps
    assert type(resolve(duration, CIFAR)) is int


@pytest.mark.parametrize(
    ("duration", "message"),
    [
        ("5ep 200st", "a single unit"),
        ("5ep+30%", "a single unit"),
        ("30", "followed by st, ep, % or ex"),
        ("5 epochs", "followed by"),
        ("-5ep", "followed by"),
        ("", "followed by"),
        ("nan%", "followed by"),
        ("1.5st", "whole number of st"),
        ("2.5ex", "whole number of ex"),
        (-1, r"must be a duration in \[0, 1e\+15\]; got -1"),
        (10**18, r"\[0, 1e\+15\]; got 1.00e\+18"),
        pytest.param(10**5000, r"\[0, 1e\+15\]; got 1.00e\+5000", id="5001 digits"),
        ("1e5000000%", r"\[0, 1e\+15\]; got '1e5000000%'"),
        ("9" * 400 + "st", "must have at most 40 characters"),
        ("1e15ep", r"must be at most 1e\+15 steps; got '1e15ep', which is 3.91e\+17"),
        ("max(4ep)", r"2 to 8 durations in max\(\), as in max\(4ep, 300st\); got 'max\(4ep\)'"),
        ("max()", "2 to 8 durations"),
        ("max(" + "1st, " * 8 + "1st)", "2 to 8 durations"),
        ("max(4ep, 300st", "followed by"),
        ("max(4, 300st)", "followed by st, ep, % or ex, such as 5ep or 30%; got '4'"),
        ("max(max(1ep, 1st), 300st)", "2 to 8 durations|followed by"),
        ("min(4ep, 300st)", "followed by"),
        ("٣ep", "followed by"),
        (0.3, "such as 30%; got 0.3"),
        (True, "got True"),
        (None, "got None"),
    ],
)
def test_wrong_durations_say_why(duration, message):
    with pytest.raises(ValueError, match=message):
        resolve(duration, CIFAR)


@pytest.mark.parametrize("duration", ["5ep", "30%", "9ex"])
def test_units_need_a_horizon(duration):
    with pytest.raises(ValueError, match="needs a horizon; pass horizon="):
        resolve(duration)


def test_a_number_of_steps_is_enough_for_percent_only():
    assert resolve("30%", 1000) == 300
    with pytest.raises(ValueError, match="needs a Horizon, not only a number of steps"):
        resolve("3ep", 1000)


def test_horizon_of_examples_keeps_the_last_batch():
    assert Horizon.of_examples(50_000, batch_size=128, epochs=200) == CIFAR
    assert CIFAR.total_steps == 78_200


@pytest.mark.parametrize("argument", ["steps_per_epoch", "epochs", "batch_size"])
@pytest.mark.parametrize("value", [0, -1, 1.5, None, True, pytest.param(10**5000, id="5001 digits")])
def test_horizon_refuses(argument, value):
    arguments = {"steps_per_epoch": 1, "epochs": 1, "batch_size": 1, argument: value}
    with pytest.raises(SpecError, match=rf"{argument}: must be an integer in \[1, 1e\+15\]"):
        Horizon(**arguments)


def test_horizons_end():
    with pytest.raises(
        ValueError, match=r"horizon: must be at most 1e\+15 steps; got 1000000 epochs of 10000000000"
    ):
        Horizon(10**10, 10**6, 1)
    with pytest.raises(ValueError, match=r"a number of steps in \[1, 1e\+15\]"):
        resolve("30%", 10**18)


@given(st.integers(0, 200), st.integers(1, 10_000), st.integers(1, 300))
def test_whole_epochs_are_exact(epochs, per_epoch, of):
    assert resolve(f"{epochs}ep", Horizon(per_epoch, of, 32)) == epochs * per_epoch


@given(st.integers(1, 10**9))
def test_percent_of_the_run_ends_with_the_run(total):
    assert resolve("100%", total) == total
    assert resolve("30%", total) + resolve("70%", total) in (total, total + 1)


durations = st.builds("{}{}".format, st.integers(0, 500), st.sampled_from(["st", "ep", "%", "ex"]))


@given(durations, durations)
def test_the_longest_of_two_durations(one, other):
    assert resolve(f"max({one}, {other})", CIFAR) == max(resolve(one, CIFAR), resolve(other, CIFAR))


@given(st.integers(1, 5000), st.integers(1, 400), st.integers(1, 40))
def test_a_floor_in_steps_lasts_as_many_epochs_as_it_takes(floor, per_epoch, epochs):
    found = whole_epochs(f"max({epochs}ep, {floor}st)", Horizon(per_epoch, 50, 32))
    assert found * per_epoch >= floor
    assert found >= epochs
    assert found == epochs or (found - 1) * per_epoch < floor
