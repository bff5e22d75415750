"""Several labels per row, from a CSV file to a served model."""

import json

import numpy as np
import pandas as pd
import pytest
import yaml
from click.testing import CliRunner
from sklearn.metrics import f1_score

import pipeline
from components.model_store import model_files
from components.model_store.serving import versions
from pipeline.__main__ import main
from pipeline.prediction.model import ExportedModel
from tests.conftest import TableRun, run_local
from tests.end_to_end.predicting import by_serving

pytestmark = pytest.mark.slow

GENRES = np.array(["comedy", "drama", "horror", "western"])


def write(folder) -> None:
    """600 films, some of which have no genre, and some of which nobody knows the genre."""
    random = np.random.default_rng(0)
    x, kind = random.normal(size=(600, 3)), random.choice(["film", "series"], 600)
    noise = random.normal(size=(600, 4))
    has = (
        np.stack([x[:, 0], x[:, 1] + (kind == "film") - 0.5, -x[:, 0], x[:, 2] - 1], axis=1) + 0.3 * noise
        > 0.3
    )
    frame = pd.DataFrame(x.round(4), columns=["a", "b", "c"]).assign(kind=kind)
    frame["genres"] = ["|".join(GENRES[row]) or "[]" for row in has]
    frame.loc[::40, "genres"] = ""
    frame.to_csv(folder / "films.csv", index=False)


@pytest.fixture(scope="module")
def films(tmp_path_factory) -> TableRun:
    folder = tmp_path_factory.mktemp("films")
    data, workspace, config = folder / "data", folder / "workspace", folder / "films.yaml"
    data.mkdir()
    write(data)
    written = CliRunner().invoke(
        main, ["init", "--data", str(data), "--label", "genres", "--output", str(config)]
    )
    assert written.exit_code == 0, written.output
    document = yaml.safe_load(config.read_text(encoding="utf-8"))
    document["training"]["epochs"] = 12
    document["evaluation"]["slices"] = ["kind"]
    config.write_text(yaml.safe_dump(document), encoding="utf-8")
    finished = run_local("--config", config, "--workspace", workspace, "--no-tune")
    assert finished.code == 0, finished.stdout + finished.stderr
    return TableRun(data, workspace, finished)


@pytest.fixture(scope="module")
def model(films) -> ExportedModel:
    return pipeline.load_model(films.workspace)


@pytest.fixture(scope="module")
def rows(films) -> pd.DataFrame:
    return pd.read_csv(films.data / "films.csv", keep_default_na=False)


def test_the_console_says_what_was_done(films):
    said = films.finished.stdout
    assert "label genres: several labels per row, separated by '|'" in said
    assert "15 of 600 rows without genres are left out" in said
    assert "Test macro_f1" in said
    assert "subset_accuracy" in said
    assert "macro_f1 is above the " in said


def test_every_way_to_predict_gives_the_same_labels(films, model, rows, tmp_path):
    answer = model.predict(rows)
    served = {name: rows[name].to_numpy("float32") for name in "abc"} | {
        "kind": rows["kind"].to_numpy(object)
    }
    by_rest = by_serving(model.path, "rows", served)
    np.testing.assert_allclose(by_rest["probabilities"], answer.probabilities, atol=1e-6)
    assert [each.decode() for each in by_rest["prediction"]] == answer.prediction.tolist()
    target = tmp_path / "out.csv"
    arguments = [
        "predict",
        "--input",
        films.data / "films.csv",
        "--output",
        target,
        "--workspace",
        films.workspace,
    ]
    result = CliRunner().invoke(main, list(map(str, arguments)))
    assert result.exit_code == 0, result.output
    written = pd.read_csv(target, keep_default_na=False)
    assert written["prediction"].tolist() == answer.prediction.tolist()
    np.testing.assert_allclose(
        written.filter(regex="^probability_").to_numpy(), answer.probabilities, atol=1e-6
    )
    assert [*written.columns[-5:]] == ["prediction", *(f"probability_{name}" for name in GENRES)]


def test_labels_are_answered_from_the_threshold_of_the_card_on(model, rows):
    card = json.loads((model.path / model_files.CARD).read_text(encoding="utf-8"))["label"]
    assert (card["task"], card["classes"], card["separator"]) == ("multilabel", GENRES.tolist(), "|")
    answer = model.predict(rows)
    has = answer.probabilities >= np.float32(card["threshold"])
    assert answer.prediction.tolist() == ["|".join(GENRES[row]) for row in has]
    assert model.metrics["decision_threshold"] == card["threshold"]
    known = rows["genres"] != ""
    truth = np.array([[name in cell.split("|") for name in GENRES] for cell in rows["genres"][known]])
    assert f1_score(truth, has[known], average="macro") > 0.8


def test_the_page_has_a_table_of_all_labels(films):
    (page,) = (films.workspace / "reports").iterdir()
    text = page.read_text(encoding="utf-8")
    assert "By label (a label is answered where its probability is at least " in text
    assert "Confusion matrix" not in text
    assert "could not be drawn" not in text
    (version,) = versions(films.workspace / "serving")
    (folder,) = films.workspace.glob("artifacts/*/Evaluator/evaluation/*")
    assert {"metrics.json", "eval_config.json"} <= {file.name for file in folder.iterdir()}
    assert str(version) in films.finished.stdout


def test_it_can_be_compared_with_the_model_in_production(films, tmp_path):
    """A new model of the same data starts with the weights of the first and is judged on the same rows."""
    (config,) = films.data.parent.glob("*.yaml")
    document = yaml.safe_load(config.read_text(encoding="utf-8"))
    document["model"]["warm_start"] = True
    document["evaluation"] |= {"min_improvement": -0.1, "metric": "micro_f1"}
    document["data"]["path"] = str(films.data)
    changed = tmp_path / "films.yaml"
    changed.write_text(yaml.safe_dump(document), encoding="utf-8")
    finished = run_local("--config", changed, "--workspace", films.workspace, "--no-tune")
    assert finished.code == 0, finished.stdout + finished.stderr
    assert "micro_f1 is at most 0.1 worse than in version " in finished.stdout
