"""What the author of a pipeline may give to Trainer and Tuner."""

import json
import re
from types import SimpleNamespace

import pytest
from tfx.proto import trainer_pb2
from tfx.types import standard_artifacts
from tfx.types.channel import Channel

from components.errors import UserError
from components.learning.goal import Goal
from components.trainer.component import Trainer
from components.tuner.component import Tuner
from reactive_schedules import SpecError, TrainingSpec
from tests.components import foreign
from tests.conftest import ROOT

SPEC = {"learning_rate": {"family": "constant", "peak": 0.03}}
EXAMPLES = Channel(type=standard_artifacts.Examples)
GRAPH = Channel(type=standard_artifacts.TransformGraph)
OWN = "val_tests.components.user_metrics.lost_accuracy"
CONTRADICTIONS = [("val_accuracy", "min"), ("val_macro_f1", "min"), ("val_brier", "max"), (OWN, "max")]
SPACE = {"learning_rate": {"peak": [0.01, 0.03]}}


def trainer(spec=SPEC, build_model=foreign.build_model, label="tree", **options) -> dict:
    return Trainer(EXAMPLES, spec, build_model, label, transform_graph=GRAPH, **options).exec_properties


def tuner(space=SPACE, **options) -> dict:
    found = Tuner(EXAMPLES, SPEC, foreign.build_model, "tree", space, transform_graph=GRAPH, **options)
    return json.loads(found.exec_properties["search"])


def test_a_spec_is_an_object_a_mapping_or_a_file(tmp_path):
    file = tmp_path / "training.yaml"
    file.write_text("learning_rate: {family: constant, peak: 0.03}", encoding="utf-8")
    kinds = [SPEC, TrainingSpec.parse(SPEC), file, str(file)]
    assert len({trainer(kind)["training"] for kind in kinds}) == 1


def test_a_spec_follows_the_metric_that_it_monitors_in_its_direction():
    def plateau(**fields):
        return json.loads(trainer({**SPEC, "plateau": fields})["training"])["plateau"]

    assert plateau(monitor="val_accuracy")["mode"] is None
    assert plateau(monitor=OWN)["mode"] == "min"
    for name, wrong in CONTRADICTIONS:
        with pytest.raises(SpecError, match=f"^plateau.mode: {wrong} contradicts {name}, of which "):
            plateau(monitor=name, mode=wrong)
    with pytest.raises(UserError, match="^plateau.monitor: .* no function 'missing'"):
        plateau(monitor="val_tests.components.foreign.missing", mode="max")


def test_a_function_is_itself_or_its_path():
    of_function, of_path = trainer(), trainer(build_model="tests.components.foreign.build_model")
    assert of_function == of_path
    assert of_path["build_model"] == "tests.components.foreign.build_model"


def test_splits_are_names_or_arguments_of_tfx():
    def splits(**options):
        return json.loads(trainer(**options)["splits"])

    assert splits() == {"train": "train", "validation": "eval"}
    named = splits(train_args="most", eval_args="rest")
    assert named == {"train": "most", "validation": "rest"}
    given = {
        "train_args": trainer_pb2.TrainArgs(splits=["most"]),
        "eval_args": trainer_pb2.EvalArgs(splits=["rest"], num_steps=150),
    }
    assert splits(**given) == named
    assert splits(train_args=trainer_pb2.TrainArgs(), eval_args=trainer_pb2.EvalArgs()) == splits()
    several = trainer_pb2.TrainArgs(splits=["train", "extra"])
    assert splits(train_args=several) == {"train": "train,extra", "validation": "eval"}
    assert splits(train_args=["train", "extra"]) == splits(train_args=several)


def test_steps_of_tfx_are_the_length_of_the_training_if_the_spec_does_not_say_it():
    steps = trainer_pb2.TrainArgs(num_steps=1000)
    assert json.loads(trainer(train_args=steps)["training"])["epochs"] == "1000st"
    with pytest.raises(UserError, match=r"^train_args: num_steps is 1000, but the spec says epochs: 3; "):
        trainer({**SPEC, "epochs": 3}, train_args=steps)


def test_a_change_of_the_code_is_another_key(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)

    def code(source):
        (tmp_path / "changing_model.py").write_text(source, encoding="utf-8")
        return trainer(build_model="changing_model.build")["code"]

    first = "def build(hyperparameters, schema):\n    return None\n"
    assert code(first) == code(first) != code(first + "# changed\n")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"build_model": lambda *_: None},
            r"build_model: .*<lambda> cannot be imported .* top level of a module",
        ),
        ({"build_model": "build_model"}, r"build_model: build_model cannot be imported"),
        (
            {"build_model": "tests.components.foreign.missing"},
            r"build_model: .*foreign.py has no function 'missing'",
        ),
        ({"custom_config": {"units": {1, 2}}}, r"custom_config: is not plain JSON"),
        (
            {"goal": Goal(loss="mse")},
            r"goal.loss: unknown name 'mse'; use one of sparse_categorical_crossentropy, ",
        ),
        ({"strategy": "both"}, r"strategy: 'both' is not a strategy; use mirrored"),
        ({"train_args": ["a", "b", "a"]}, r"train_args: names the split 'a' twice; name it once"),
        ({"train_args": "a,b"}, r"train_args: 'a,b' is not the name of a split"),
        (
            {"train_args": {"splits": ["a"]}},
            r"train_args: must be the names of splits, or TFX's .*; got dict",
        ),
        (
            {"train_args": trainer_pb2.TrainArgs(splits=["eval", "train"])},
            r"eval_args: the split 'eval' is trained on, so that it cannot validate; name another one",
        ),
        (
            {"train_args": ["a", "b"], "statistics": Channel(type=standard_artifacts.ExampleStatistics)},
            r"statistics: are of one split each, but train_args names several; leave out",
        ),
    ],
)
def test_what_cannot_be_used_is_refused_before_the_pipeline_runs(options, message):
    with pytest.raises(UserError, match=f"^{message}"):
        trainer(**options)


def test_a_search_is_complete_and_checked():
    found = tuner(
        algorithm="halving", trials=9, objective="val_accuracy", start=[{"learning_rate": {"peak": 0.01}}]
    )
    assert (found["algorithm"], found["trials"], found["direction"]) == ("halving", 9, "max")
    assert found["start"] == [{"learning_rate.peak": 0.01}]
    assert found["executions_per_trial"] == 1
    with pytest.raises(SpecError, match=r"^space\.learning_rate\.peak"):
        tuner({"learning_rate": {"peak": [-1.0]}})
    with pytest.raises(SpecError, match=r"trails"):
        tuner(trails=9)
    assert tuner(time_limit="20m")["time_limit"] == "20m"
    with pytest.raises(SpecError, match=r"^executions_per_trial: must be an integer in \[1, 1000\]; got 0"):
        tuner(executions_per_trial=0)
    with pytest.raises(SpecError, match="^folds: must be 0, for none, or at least 2"):
        tuner(folds=1)
    with pytest.raises(SpecError, match=r"^direction: cannot be derived from 'val_mine'"):
        tuner(objective="val_mine")
    for name, wrong in CONTRADICTIONS:
        with pytest.raises(SpecError, match=f"^direction: {wrong} contradicts {name}, of which "):
            tuner(objective=name, direction=wrong)
    assert tuner(objective=OWN)["direction"] == "min"
    with pytest.raises(SpecError, match="^direction: requires an objective"):
        tuner(direction="max")
    with pytest.raises(UserError, match="^objective: .* no function 'missing'"):
        tuner(objective="val_tests.components.foreign.missing")
    with pytest.raises(UserError, match=r"^processes: .* set the environment variable SEARCH_PROCESSES"):
        tuner(processes=2)
    with pytest.raises(UserError, match=r"^algorithm: must be one of"):
        tuner(algorithm="genius")


def test_a_component_without_graph_and_schema_is_refused():
    with pytest.raises(UserError, match=r"^transform_graph: there is none, and no schema"):
        Trainer(EXAMPLES, SPEC, foreign.build_model, "tree")


@pytest.mark.parametrize("page", ["README.md", "docs/in-your-pipeline.md"])
def test_what_is_documented_is_put_together(page, tmp_path, monkeypatch):
    (tmp_path / "training.yaml").write_text("learning_rate: {family: constant, peak: 0.03}", encoding="utf-8")
    (tmp_path / "my_module.py").write_text("def build_model(hyperparameters, schema): ...", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    text = (ROOT / page).read_text(encoding="utf-8")
    (snippet,) = [each for each in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "Trainer(" in each]
    transform = SimpleNamespace(outputs={"transformed_examples": EXAMPLES, "transform_graph": GRAPH})
    names: dict = {"transform": transform}
    exec(compile(snippet, page, "exec"), names)
    assert names["trainer"].exec_properties["label"] == '{"key": "tips_xf"}'
