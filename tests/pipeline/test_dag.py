from tfx.types import standard_artifacts
from tfx.types.channel import Channel

from pipeline import dag
from pipeline.config.load import load
from tests.conftest import ROOT
from tests.pipeline.config.test_search import OWN_ALGORITHM

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
        return dag._tuner(loaded.model, search, LEARNING).exec_properties["code"]

    own = "changing_search.first_only"
    assert fingerprint(OWN_ALGORITHM, own) != fingerprint(OWN_ALGORITHM + "\n# changed", own)
    assert fingerprint(OWN_ALGORITHM, "random") == fingerprint(OWN_ALGORITHM + "\n# changed", "random")
