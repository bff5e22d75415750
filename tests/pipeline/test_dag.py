import sys

import pytest
import yaml
from tfx.types import standard_artifacts
from tfx.types.channel import Channel

from components.features import LabelFeature
from pipeline import dag
from pipeline.config.load import load
from pipeline.config.prepare import prepare
from pipeline.config.search import SearchSection
from reactive_schedules import TrainingSpec
from tests.conftest import ROOT
from tests.pipeline.config.tabular import load_tabular
from tests.pipeline.config.test_search import OWN_ALGORITHM

LABEL = LabelFeature("digit", "classification", tuple(range(10)))
LEARNING = {
    "examples": Channel(type=standard_artifacts.Examples),
    "transform_graph": Channel(type=standard_artifacts.TransformGraph),
    "spec": TrainingSpec.from_yaml("learning_rate: {family: constant, peak: 0.03}\nplateau: {patience: 2}"),
    "build_model": "pipeline.models.build_model",
    "custom_config": {},
    "label": LABEL,
    "depends_on": [],
}


def test_a_search_is_another_one_when_the_users_algorithm_has_changed(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    file = tmp_path / "changing_search.py"

    def fingerprint(source: str, algorithm: str) -> str:
        file.write_text(source, encoding="utf-8")
        loaded = load(ROOT / "examples/digits.yaml")
        search = SearchSection.parse({"algorithm": algorithm, "space": loaded.search.space})
        return dag._tuner(loaded, search, LEARNING, LABEL, "accuracy").exec_properties["code"]

    own = "changing_search.first_only"
    assert fingerprint(OWN_ALGORITHM, own) != fingerprint(OWN_ALGORITHM + "\n# changed", own)
    assert fingerprint(OWN_ALGORITHM, "random") == fingerprint(OWN_ALGORITHM + "\n# changed", "random")


def test_a_search_is_another_one_with_other_start_points_or_prior_trials(tmp_path):
    """Of prior trials, the content counts, not the path of their file."""
    written = (ROOT / "examples/digits.yaml").read_text(encoding="utf-8")

    def search(start: float, score: float) -> str:
        folder = tmp_path / str(score)
        folder.mkdir(exist_ok=True)
        (folder / "tuner_results.json").write_text(f'[{{"score": {score}}}]', encoding="utf-8")
        document = yaml.safe_load(written)
        document["search"] |= {"prior": "tuner_results.json", "start": [{"learning_rate": {"peak": start}}]}
        (folder / "config.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
        loaded = load(folder / "config.yaml")
        assert loaded.search
        return dag._tuner(loaded, loaded.search, LEARNING, LABEL, "accuracy").exec_properties["search"]

    first = search(0.01, 0.5)
    assert search(0.01, 0.5) == first
    assert search(0.02, 0.5) != first
    assert search(0.01, 0.25) != first


@pytest.mark.parametrize(
    ("section", "anew"),
    [
        ({"training": {"loss": "own_scores.score", "label_smoothing": 0}}, {"Tuner", "Trainer"}),
        ({"training": {"plateau": {"monitor": "val_own_scores.score"}}}, {"Tuner", "Trainer"}),
        ({"search": {"objective": "val_own_scores.score"}}, {"Tuner", "Trainer"}),
        ({"evaluation": {"metric": "own_scores.score"}}, {"Trainer", "Evaluator"}),
    ],
    ids=["loss", "monitor", "objective", "metric"],
)
def test_what_an_own_loss_or_metric_imports_is_part_of_the_keys(tmp_path, monkeypatch, section, anew):
    (tmp_path / "data.csv").write_text("x,y\n" + "".join(f"{i},{'ab'[i % 2]}\n" for i in range(40)))
    (tmp_path / "own_scores.py").write_text(
        "from own_parts import scale\n\ndef score(*arguments):\n    return scale()\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("own_scores", "own_parts"):  # of another case, whose folder they name
        sys.modules.pop(name, None)

    def keys(scale: float) -> dict[str, dict]:
        (tmp_path / "own_parts.py").write_text(f"def scale():\n    return {scale}\n")
        config = load_tabular(
            {"data": {"path": tmp_path / "data.csv", "source": None, "label": "y"}, **section}
        )
        fitted = prepare(config, tmp_path / "workspace")
        found = {each.id: each.exec_properties for each in dag.create_components(fitted)}
        candidates = found["Baseline"].pop("candidate"), found["Trainer"].pop("candidate")
        assert len(set(candidates)) == 1
        return {**found, "candidate": candidates[0]}

    first, same, other = keys(1.0), keys(1.0), keys(2.0)
    assert first == same
    assert {name for name in first if first[name] != other[name]} == {*anew, "candidate"}


def test_an_ensemble_keeps_the_search(tmp_path):
    (tmp_path / "data.csv").write_text("x,y\n" + "".join(f"{i},{'ab'[i % 2]}\n" for i in range(40)))

    def keys(members: int) -> dict[str, dict]:
        data = {"path": tmp_path / "data.csv", "source": None, "label": "y"}
        config = load_tabular({"data": data, "training": {"ensemble": members}})
        fitted = prepare(config, tmp_path / "workspace")
        return {each.id: each.exec_properties for each in dag.create_components(fitted)}

    one, three = keys(1), keys(3)
    assert three["Trainer"]["ensemble"] == 3
    changed = {name for name in one if one[name] != three[name]}
    assert changed == {"Baseline", "Trainer", "Report"}  # the Baseline's key has that of the model
