import pytest

from reactive_schedules import TrainingSpec, forecast


def wide_resnet(*, rate=0.1, momentum=0.9, batch_size=128, plateau="action: decay"):
    """arXiv 1711.00489, section 5: Wide ResNet 16-4 on CIFAR-10, ×5 at epochs 60, 120 and 160 of 200."""
    return TrainingSpec.from_yaml(f"""
optimizer: {{name: sgd, momentum: {momentum}}}
learning_rate: {{family: constant, peak: {rate}}}
batch_size: {batch_size}
epochs: 200
plateau: {{factor: 0.2, growth: 5, max_actions: 3, {plateau}}}
""")


@pytest.mark.parametrize(
    ("spec", "updates", "phases"),
    [
        (wide_resnet(), 78_200, [(60, 128), (60, 128), (40, 128), (40, 128)]),
        (
            wide_resnet(plateau="action: hybrid, max_batch_size: 640"),
            34_520,
            [(60, 128), (60, 640), (40, 640), (40, 640)],
        ),
        (
            wide_resnet(plateau="action: grow, max_batch_size: 5120"),
            29_240,
            [(60, 128), (60, 640), (40, 3200), (40, 5120)],
        ),
        (
            wide_resnet(rate=0.5, batch_size=640, plateau="action: hybrid, max_batch_size: 5120"),
            6_500,
            [(60, 640), (60, 3200), (40, 5120), (40, 5120)],
        ),
        (
            wide_resnet(
                rate=0.5, momentum=0.98, batch_size=3200, plateau="action: hybrid, max_batch_size: 5120"
            ),
            2_360,
            [(60, 3200), (60, 5120), (40, 5120), (40, 5120)],
        ),
    ],
    ids=["decay", "hybrid", "increasing batch", "rate 0.5", "momentum 0.98"],
)
def test_the_papers_five_rows(spec, updates, phases):
    ahead = forecast(spec, 50_000, plateaus=(60, 120, 160))
    assert ahead.total_updates == updates
    assert [(stage.epochs, stage.batch_size) for stage in ahead.stages] == phases
    assert f"{updates:,}" in ahead.table()


@pytest.mark.parametrize(
    ("rate", "momentum", "batch_size"), [(0.1, 0.9, 128), (0.5, 0.9, 640), (0.5, 0.98, 3200)]
)
def test_the_papers_three_starting_points_have_one_noise_scale(rate, momentum, batch_size):
    ahead = forecast(wide_resnet(rate=rate, momentum=momentum, batch_size=batch_size), 50_000)
    assert ahead.stages[0].noise_scale == pytest.approx(390.625)


def test_decay_and_growth_by_the_same_factor_lower_the_noise_alike():
    decay = forecast(wide_resnet(), 50_000, plateaus=(60,)).stages
    grow = forecast(wide_resnet(plateau="action: grow"), 50_000, plateaus=(60,)).stages
    assert decay[1].noise_scale == pytest.approx(grow[1].noise_scale) == pytest.approx(390.625 / 5)
    assert (decay[1].rate, grow[1].rate) == (pytest.approx(0.02), 0.1)


def test_the_schedule_goes_on_in_examples_after_the_batch_has_grown():
    spec = TrainingSpec.from_yaml("""
learning_rate: {family: piecewise, peak: 0.1, boundaries: [5ep], ratios: [1, 0.5]}
epochs: 10
plateau: {action: grow, growth: 2, max_batch_size: 64}
""")
    stages = forecast(spec, 320, plateaus=(3, 5)).stages
    assert [stage.rate for stage in stages] == [0.1, 0.1]
    assert [(stage.epochs, stage.updates) for stage in stages] == [(3, 30), (2, 10)]
    # At the second plateau the batch is at its maximum: the run ends.


@pytest.mark.parametrize(
    ("every", "patience"), [("", "3"), ("every: 5st, ", "3ep"), ("every: 5st, ", "6")], ids=str
)
def test_greedy_raises_the_rate_after_its_patience(every, patience):
    spec = TrainingSpec.from_yaml(f"""
learning_rate: {{family: constant, peak: 0.1}}
epochs: 12
plateau: {{{every}action: greedy, patience: {patience}, factor: 0.5, max_multiplier: 4}}
""")
    stages = forecast(spec, 320, plateaus=(5,)).stages  # ten steps in an epoch
    rates = [stage.rate / 0.1 for stage in stages]
    assert [(stage.epochs, rate) for stage, rate in zip(stages, rates, strict=True)] == [
        (3, 1.0),
        (2, 2.0),
        (3, 1.0),
        (3, 2.0),
        (1, 4.0),
    ]


def test_the_first_epoch_may_be_a_plateau():
    assert [stage.rate for stage in forecast(wide_resnet(), 50_000, plateaus=(1,)).stages] == [0.1, 0.1 * 0.2]


def test_the_highest_rate_of_a_stage_is_between_the_ends_of_its_cycles():
    spec = TrainingSpec.from_yaml("""
learning_rate: {family: cyclical, peak: 0.1, step_size: 10}
batch_size: 1
epochs: 1
""")
    (stage,) = forecast(spec, 40_001).stages
    assert stage.rate == 0.1


def test_without_a_reaction_there_is_one_stage():
    spec = TrainingSpec.from_yaml("{learning_rate: {family: rex, peak: 0.1}, epochs: 4}")
    (stage,) = forecast(spec, 100).stages
    assert (stage.epochs, stage.updates, stage.rate) == (4, 16, 0.1)
    with pytest.raises(ValueError, match=r"^plateau: is missing from the spec"):
        forecast(spec, 100, plateaus=[2])


@pytest.mark.parametrize("plateaus", [(0,), (200,), (60, 60), (120, 60), (-3,)])
def test_wrong_plateaus(plateaus):
    with pytest.raises(ValueError, match=r"^plateaus: must be increasing epochs in \[1, 199\]; got \["):
        forecast(wide_resnet(), 50_000, plateaus=plateaus)
