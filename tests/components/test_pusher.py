"""The Pusher's executor; what a watcher sees of a push is in test_serving.py."""

import json
from pathlib import Path

import pytest
from tfx.types import standard_artifacts

from components.evaluator import metrics
from components.model_store import changes, model_files, serving
from components.pusher.component import Pusher
from components.pusher.executor import Executor

EVALUATION = {"metric": "accuracy", "candidate": {"accuracy": 0.9}}


class Pushed:
    """Pushes models into one folder."""

    def __init__(self, root: Path):
        self.root = root
        self.folder = root / "serving"
        self.count = 0

    def __call__(self, candidate: str | None = "a", blessed: bool = True, keep: int = 5, serving_dir=None):
        self.count += 1
        artifacts = {
            "model": standard_artifacts.Model(),
            "model_blessing": standard_artifacts.ModelBlessing(),
            "evaluation": standard_artifacts.ModelEvaluation(),
        }
        for key, artifact in artifacts.items():
            artifact.uri = str(self.root / str(self.count) / key)
        model = Path(artifacts["model"].uri, "Format-Serving")
        (model / "assets.extra").mkdir(parents=True)
        (model / model_files.GRAPH).write_text("graph")
        card = {"candidate": candidate, "data": {"fingerprint": "d"}, "training": {"epochs": 3}}
        if candidate:
            (model / model_files.CARD).write_text(json.dumps(card))
        Path(artifacts["evaluation"].uri).mkdir()
        Path(artifacts["evaluation"].uri, metrics.FILE).write_text(json.dumps(EVALUATION), encoding="utf-8")
        artifacts["model_blessing"].set_int_custom_property("blessed", int(blessed))
        output = standard_artifacts.PushedModel()
        output.uri = str(self.root / str(self.count) / "pushed_model")
        properties = {"serving_dir": str(self.folder) if serving_dir is None else serving_dir, "keep": keep}
        inputs = {key: [artifact] for key, artifact in artifacts.items()}
        context = Executor.Context(pipeline_run_id="20260101-000000.0")
        Executor(context).Do(inputs, {"pushed_model": [output]}, properties)
        return output


@pytest.fixture
def push(tmp_path) -> Pushed:
    return Pushed(tmp_path)


def version_of(output) -> int:
    return int(output.get_string_custom_property("pushed_version"))


def test_a_pushed_model_has_its_lineage_and_its_evaluation_beside_it(push):
    output = push()
    (version,) = serving.versions(push.folder)
    place = push.folder / str(version)
    assert output.get_int_custom_property("pushed") == 1
    assert output.get_string_custom_property("pushed_destination") == str(place)
    assert version_of(output) == version
    for folder in (place, Path(output.uri)):
        lineage = json.loads((folder / model_files.LINEAGE).read_text())
        assert (lineage["version"], lineage["run"], lineage["candidate"]) == (
            version,
            "20260101-000000.0",
            "a",
        )
        assert lineage["data"] == {"fingerprint": "d"}
        assert lineage["hyperparameters"]["training"] == {"epochs": 3}
        assert lineage["artifacts"]["model"]["uri"] == str(push.root / "1" / "model")
        assert json.loads((folder / model_files.EVALUATION).read_text()) == EVALUATION
        assert (folder / model_files.GRAPH).read_text() == "graph"


def test_a_model_that_is_not_blessed_is_not_pushed(push):
    output = push(blessed=False)
    assert output.get_int_custom_property("pushed") == 0
    assert not push.folder.exists()
    assert not Path(output.uri).exists()


def test_without_a_folder_the_model_is_in_the_artifact(push):
    output = push(serving_dir="")
    assert output.get_string_custom_property("pushed_destination") == output.uri
    assert {"saved_model.pb", "assets.extra"} <= {path.name for path in Path(output.uri).iterdir()}
    assert json.loads(Path(output.uri, model_files.LINEAGE).read_text(encoding="utf-8"))[
        "version"
    ] == version_of(output)


def test_the_model_in_production_is_not_pushed_again(push):
    first = version_of(push("a"))
    assert version_of(push("a")) == first
    second = version_of(push("b"))
    third = version_of(push("a"))  # it was superseded: now it is the newest
    assert serving.versions(push.folder) == [first, second, third]


def test_models_without_a_fingerprint_are_pushed_each_time(push):
    assert version_of(push(None)) < version_of(push(None))


def test_the_newest_versions_are_kept(push):
    versions = [version_of(push(candidate, keep=2)) for candidate in "abc"]
    assert serving.versions(push.folder) == versions[1:]


def test_a_withdrawn_model_is_not_pushed_again(push):
    first, second = version_of(push("a")), version_of(push("b"))
    changes.make_production(push.folder, first)
    output = push("b")
    assert output.get_int_custom_property("pushed") == 0
    reason = f"the same model was withdrawn as version {second}"
    assert output.get_string_custom_property("reason") == reason
    assert serving.versions(push.folder) == [first]
    assert serving.production(push.folder) < version_of(push("c"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"keep": 1}, "keep must be at least 2"),
        (
            {"serving_dir": "gs://bucket/serving"},
            "object stores cannot rename folders; mount gs://bucket/serving",
        ),
    ],
)
def test_invalid_arguments_are_refused_when_the_pipeline_is_built(arguments, message):
    with pytest.raises(ValueError, match=message):
        Pusher(model=None, model_blessing=None, **arguments)
