"""Configurations that are damaged, mistyped or hostile: each is accepted, or refused with one line per fault."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.config.errors import ConfigError
from pipeline.config.load import load
from reactive_schedules import SpecError, TrainingSpec
from tests import mutations
from tests.conftest import ROOT
from tests.mutations import fault

FULL = """
name: full
data: {path: data, label: y, classes: [a, b], shapes: {i: [8, 8, 1]}, categorical: [a], ignore: [b], pattern: "*.csv"}
model: {hyperparameters: {width: 8}}
training:
  learning_rate:
    family: sequence
    parts: [{family: cosine_restarts, peak: 0.1, period: 3ep, growth: 2}, {family: polynomial, peak: 0.1}]
    boundaries: [50%]
  epochs: 12
  plateau: {action: grow, growth: 2, max_batch_size: 512}
search:
  algorithm: tpe
  parallel: 2
  min_epochs: 1
  epochs: 3
  objective: val_loss
  second_objective: updates
  space: {batch_size: [8, 16], plateau: {action: [decay, grow]}, model: {width: [8, 16]}}
  start: [{batch_size: 8}]
evaluation: {metric: rmse, threshold: 0.1, slices: [a]}
beam: ["--direct_num_workers=2"]
kubeflow:
  data: s3://b/x
  workspace: /w
  defaults: {cpu: 2, memory: 4Gi, gpu: 1, env: {A: b}, volumes: [{claim: c, mount: /w}], retry: {count: 2}}
  components: {Trainer: {cpu: 1, secrets: [{name: s, mount: /s}]}}
"""
TEXTS = [(ROOT / f"examples/{name}.yaml").read_text() for name in ("cifar10", "digits", "tabular")] + [FULL]
DOCUMENTS = [yaml.safe_load(text) for text in TEXTS]
PROPERTY = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])


def written(document: Any) -> bytes:
    """YAML of a document, which may have values that JSON does not."""
    return yaml.dump(document, Dumper=yaml.SafeDumper).encode(errors="surrogatepass")


def assert_loads_or_says_why(file: Path) -> None:
    for line in fault(ConfigError, lambda: load(file)).split("\n"):
        assert line == "" or (line.startswith(f"{file}: ") and line.isprintable() and len(line) < 1500)


@PROPERTY
@given(st.one_of(list(map(mutations.documents, DOCUMENTS))))
def test_mutated_values(tmp_path, document):
    (tmp_path / "mine.yaml").write_bytes(written(document))
    assert_loads_or_says_why(tmp_path / "mine.yaml")


@PROPERTY
@given(st.one_of([mutations.contents(text.encode()) for text in TEXTS]))
def test_mutated_text(tmp_path, content):
    (tmp_path / "mine.yaml").write_bytes(content)
    assert_loads_or_says_why(tmp_path / "mine.yaml")


@PROPERTY
@given(st.one_of([mutations.documents(document["training"]) for document in DOCUMENTS]))
def test_mutated_specs(document):
    for call in (
        lambda: TrainingSpec.from_yaml(written(document).decode()),
        lambda: TrainingSpec.parse(document),
    ):
        for line in fault(SpecError, call).split("\n"):
            assert line == "" or (": " in line and len(line) < 1500)


RATE = {"family": "constant", "peak": 0.1}
PRIOR = [{"trial_id": "0001", "score": 0.5, "objective": "val_loss", "direction": "min", "batch_size": 8}] * 2


@settings(PROPERTY, max_examples=60)
@given(mutations.documents(PRIOR) | mutations.contents(json.dumps(PRIOR).encode()))
def test_mutated_priors(tmp_path, prior):
    text = prior if isinstance(prior, bytes) else json.dumps(prior, default=str, skipkeys=True).encode()
    (tmp_path / "tuner_results.json").write_bytes(text)
    document = yaml.safe_load(FULL)
    document["search"]["prior"] = "tuner_results.json"
    (tmp_path / "mine.yaml").write_bytes(written(document))
    assert_loads_or_says_why(tmp_path / "mine.yaml")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("training: {learning_rate: {family: constant, peak: 1}, epochs: 1000000000000000000}", "training.epochs: must be an integer in [1, 1000000], or a duration such as 300st; got 10"),
        ("training: {learning_rate: {family: constant, peak: 1}, batch_size: 10000000000}", "training.batch_size: must be an integer in [1, 1000000000]"),
        ("training: {epochs: " + "9" * 400 + "}", "line 1: the integer 99999999999999999999… has more than 64 bits"),
        ("training: {learning_rate: {family: cosine, peak: 0.1, warmup: 1e5000000%}}", "training.learning_rate.warmup: must be a duration in [0, 1e+15]; got '1e5000000%'"),
        ("search: {trials: 1000000000000}", "search.trials: must be an integer in [1, 10000]; got 1000000000000"),
        ("serving: {keep: 10000000000}", "serving.keep: "),
        ("threads: 100000", "threads: "),
        ("data: {path: \"a\\0b\", label: x}", "the name has control characters, such as a line break; rename it"),
        ("data: {path: a, label: x, shapes: {i: [1000000000, 1, 1]}}", "data.shapes.i.0: "),
        ("data: {path: a, label: x, shapes: {i: [100000, 100000, 3]}}", "data.shapes: 'i' has 30,000,000,000 values per row; use at most 100,000,000"),
        ("data: {path: a, label: x, splits: {train: 100000000000, eval: 1, test: 1}}", "data.splits.train: "),
        ("name: " + "a" * 100, "name: must have at most 63 characters; got 100"),
        ("model: {hyperparameters: {widht: 9999}}", "model.hyperparameters.widht: pipeline.models.build_model does not read it; did you mean width? it reads activation, augment, depth, dropout, filters, images, output, width"),
        ("model: {build: pipeline.models.vgg, hyperparameters: {depth: 3}}", "model.hyperparameters.depth: pipeline.models.vgg does not read it; "),
        ("search: {space: {model: {widht: [1, 2]}}}", "search.space.model.widht: pipeline.models.build_model does not read it; did you mean width?"),
        ("search: {space: {learning_rate: {family: [3, cosine]}}}", "search.space.learning_rate.family: must be a list of names; got 3"),
    ],
)  # fmt: skip
def test_what_would_hang_or_be_ignored_is_refused(tmp_path, line, message):
    key = line.partition(":")[0]
    others = {"name": "a", "data": {"path": "a", "label": "x"}, "training": {"learning_rate": RATE}}
    others.pop(key, None)
    (tmp_path / "mine.yaml").write_text(f"{line}\n{yaml.safe_dump(others)}")
    with pytest.raises(ConfigError) as raised:
        load(tmp_path / "mine.yaml")
    (found,) = str(raised.value).split("\n")
    assert message in found


@pytest.mark.parametrize("keys", [{"width": 3}, {"anything": 3}])
def test_a_model_of_your_own_that_hands_its_hyperparameters_on(tmp_path, monkeypatch, keys):
    (tmp_path / "handing_on.py").write_text(
        "def build(hyperparameters, schema):\n    return dict(**hyperparameters)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    document = {**yaml.safe_load(FULL), "model": {"build": "handing_on.build", "hyperparameters": keys}}
    (tmp_path / "mine.yaml").write_bytes(written(document))
    assert load(tmp_path / "mine.yaml").model.hyperparameters == keys
