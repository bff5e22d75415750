"""What --fast and --best make of a configuration."""

import pytest
import yaml

from pipeline.config import presets
from pipeline.config.errors import ConfigError
from pipeline.config.load import load
from pipeline.config.presets import with_preset
from tests.conftest import ROOT
from tests.pipeline.config.tabular import TABULAR

EXAMPLES = [ROOT / f"examples/{name}.yaml" for name in ("digits", "tabular", "cifar10")]


def written(tmp_path, **sections):
    """A configuration of the default model without a search, with values of sections replaced."""
    document = {
        "name": "mine",
        "data": {"source": "examples.bundled.wine", "label": "cultivar"},
        "training": {"learning_rate": {"family": "constant", "peak": 0.01}},
    }
    for section, values in sections.items():
        document[section] = {**document.get(section, {}), **values} if isinstance(values, dict) else values
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("epochs", "patience", "fewer", "less"),
    [
        (40, 5, 10, 3),
        (1, 1, 1, 1),
        (30, "max(4ep, 200st)", 8, "max(2ep, 100st)"),
        ("max(40ep, 4000st)", "301st", "max(10ep, 1000st)", "151st"),
        ("50001ex", "10%", "12501ex", "10%"),  # a share of an epoch's fourth is a fourth anyway
        ("2.5ep", "max(0.5ep, 7st, 2.5%)", 1, "max(1ep, 4st, 2.5%)"),
    ],
)
def test_fast_trains_a_quarter_of_the_epochs_with_half_the_patience(tmp_path, epochs, patience, fewer, less):
    training = {"epochs": epochs, "plateau": {"patience": patience}, "ensemble": 3}
    config = load(written(tmp_path, training=training), preset="fast")
    assert config.training.plateau is not None
    assert (config.training.epochs, config.training.plateau.patience) == (fewer, less)
    assert (config.search, config.training.ensemble) == (None, 1)
    assert config.training.spec.epochs == fewer
    assert presets.line(config, "fast") == (
        f"--fast: no search, one model, training.epochs: {fewer}, training.plateau.patience: {less}"
    )


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_fast_leaves_everything_else_as_it_is(path):
    plain, fast = load(path), load(path, preset="fast")
    assert plain.search
    changed = {"training": fast.training, "search": None}
    assert plain.model_copy(update=changed) == fast
    different = {
        key
        for key in type(fast.training).model_fields
        if getattr(plain.training, key) != getattr(fast.training, key)
    }
    assert different == {"epochs", "plateau"}


def test_fast_takes_precedence_over_a_search_that_is_not_valid(tmp_path):
    assert load(written(tmp_path, search={"trials": "many"}), preset="fast").search is None


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_best_keeps_the_search_and_adds_an_ensemble(path):
    plain, best = load(path), load(path, preset="best")
    assert best.training.ensemble == presets.MEMBERS == 5
    ensemble = plain.training.model_copy(update={"ensemble": 5})
    assert plain.model_copy(update={"training": ensemble}) == best
    assert presets.line(best, "best") == "--best: a random search, training.ensemble: 5"


def test_best_adds_the_search_of_the_template(tmp_path):
    assert load(written(tmp_path), preset="best").search == load(TABULAR).search


@pytest.mark.parametrize(
    ("sections", "searches", "members"),
    [
        ({"search": None}, False, 5),
        ({"training": {"ensemble": 1}}, True, 1),
        ({"training": {"ensemble": 8}, "search": None}, False, 8),
    ],
)
def test_what_the_file_says_takes_precedence_over_best(tmp_path, sections, searches, members):
    config = load(written(tmp_path, **sections), preset="best")
    assert (config.search is not None, config.training.ensemble) == (searches, members)


def test_best_searches_no_hyperparameters_of_the_default_model_in_another_one(tmp_path):
    own = written(tmp_path, model={"build": "tests.components.user_models.dense"})
    search = load(own, preset="best").search
    assert search is not None
    assert set(search.space) == set(load(TABULAR).search.space) - {"model"}


def test_options_take_precedence_over_a_preset(tmp_path):
    config = load(written(tmp_path), {"search": None, "training": {"ensemble": 2}}, "best")
    assert (config.search, config.training.ensemble) == (None, 2)


@pytest.mark.parametrize(
    ("assignment", "said"),
    [
        ("training.ensemble=3", "--fast: no search, training.ensemble: 3, training.epochs: "),
        ("search={space: {batch_size: [32, 64]}}", "--fast: a random search, one model, training.epochs: "),
    ],
)
def test_the_line_says_what_set_has_made_of_a_preset(tmp_path, assignment, said):
    config = load(written(tmp_path), preset="fast", assignments=[assignment])
    assert presets.line(config, "fast").startswith(said)


def test_a_warm_up_longer_than_the_shorter_training_is_refused_in_one_line(tmp_path):
    rate = {"family": "constant", "peak": 0.01, "warmup": "5ep"}
    path = written(tmp_path, training={"epochs": 12, "learning_rate": rate})
    assert load(path).training.epochs == 12
    with pytest.raises(ConfigError) as raised:
        load(path, preset="fast")
    assert str(raised.value).startswith(f"{path} with --fast: training.learning_rate.warmup: ")
    assert "in 3 epochs" in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "document", [{}, {"training": None}, {"training": []}, {"training": "x", "search": {}}]
)
@pytest.mark.parametrize("preset", ["fast", "best"])
def test_parsing_reports_a_section_that_is_missing(document, preset):
    assert with_preset(document, preset) == document


@pytest.mark.parametrize("members", [0, 101, 2.5, "2"])
def test_an_ensemble_has_a_whole_number_of_models(tmp_path, members):
    with pytest.raises(ConfigError, match=r"training\.ensemble: must be an integer in \[1, 100\]"):
        load(written(tmp_path, training={"ensemble": members}))
