"""The configuration as the report shows it."""

import pytest

from components.features import LabelFeature
from components.report.asked import asked
from pipeline.config.load import load
from pipeline.config.sections import Config
from reactive_schedules.pages.content import Facts
from tests.conftest import ROOT

LABEL = LabelFeature("digit", "classification", tuple(range(10)))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"algorithm": "random", "trials": 4}, "4 trials: algorithm random, executions_per_trial 1, "),
        (
            {"algorithm": "hyperband", "factor": 4},
            "algorithm hyperband, executions_per_trial 1, seed 0, factor 4",
        ),
    ],
)
def test_search_has_the_options_of_its_algorithm(options, said):
    written = load(ROOT / "examples/digits.yaml").model_dump(mode="json")["search"]["space"]
    loaded = load(ROOT / "examples/digits.yaml", {"search": None})
    loaded = Config.parse({**loaded.model_dump(), "search": {"space": written, **options}})
    (facts, _) = asked(loaded.model_dump(mode="json"), LABEL).blocks
    assert isinstance(facts, Facts)
    assert dict(facts.rows)["Search"][0].startswith(said)
