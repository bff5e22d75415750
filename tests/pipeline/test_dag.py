import yaml
from tfx.types import standard_artifacts
from tfx.types.channel import Channel

from components.features import LabelFeature
from pipeline import dag
from pipeline.config.load import load
from tests.conftest import ROOT
from tests.pipeline.config.test_search import OWN_ALGORITHM

LABEL = LabelFeature("digit", "classification", tuple(range(10)))
LEARNING = {
    "examples": Channel(type=standard_artifacts.Examples),
    "transform_graph": Channel(type=standard_artifacts.TransformGraph),
    "training": "{}",
    "build_model": "pipeline.models.build_model",
    "model_hyperparameters": "{}",
    "code": "",
    "label": "{}",
}


def test_a_search_is_another_one_when_the_users_algorithm_has_changed(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    file = tmp_path / "changing_search.py"

    def fingerprint(source: str, algorithm: str) -> str:
        file.write_text(source, encoding="utf-8")
        loaded = load(ROOT / "examples/digits.yaml")
        search = loaded.search.model_copy(update={"algorithm": algorithm})
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
