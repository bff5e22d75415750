import pytest

from components.errors import UserError
from pipeline.config.hyperparameters import check, names_read

MODELS = """
from keras import layers
from elsewhere import imported

def plain(hyperparameters, schema):
    return hyperparameters.get("width", 64), hyperparameters["depth"]

def branches(h, schema):
    if "norm" in h and h["norm"] == "batch":
        return h.get("momentum")
    return [h.get("rate") for _ in range(3)]

def passes_on(h, schema):
    return part(schema, h)

def part(schema, values):
    return values.get("units"), passes_on(values, schema)

def none(h, schema):
    return schema

def unpacks(h, schema):
    return layers.Dense(**h)

def hands_over(h, schema):
    return imported(h)

def iterates(h, schema):
    return dict(h)

def computed(h, schema):
    return [h[f"width_{i}"] for i in range(3)]

def replaced(h, schema):
    h = {"width": 3, **h}
    return h["width"]

@layers.decorate
def decorated(h, schema):
    return h["width"]

def keyword(h, schema):
    return part(schema, values=h)

lambda_ = lambda h, schema: h["width"]

def twice(h, schema):
    return h["width"]

twice = layers.wrap(twice)
"""


@pytest.fixture
def model(tmp_path, monkeypatch):
    (tmp_path / "models_to_read.py").write_text(MODELS)
    monkeypatch.syspath_prepend(tmp_path)
    return "models_to_read.{}".format


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("plain", {"width", "depth"}),
        ("branches", {"norm", "momentum", "rate"}),
        ("passes_on", {"units"}),
        ("none", set()),
        *(
            (name, None)
            for name in ("unpacks", "hands_over", "iterates", "computed", "replaced", "decorated")
        ),
        *((name, None) for name in ("keyword", "lambda_", "twice", "imported")),
    ],
)
def test_names_are_known_only_if_the_code_says_them_all(model, name, names):
    assert names_read(model(name)) == names


@pytest.mark.parametrize(
    ("name", "names"), [("build_model", {"width", "depth", "activation", "images", "filters", "augment", "dropout", "output"}), ("vgg", {"width", "dropout", "augment"})]
)  # fmt: skip
def test_the_models_of_the_pipeline(name, names):
    assert names_read(f"pipeline.models.{name}") == names


def test_a_misspelt_name_is_refused(model):
    message = r"^model.hyperparameters.widht: models_to_read.plain does not read it; did you mean width\? it reads depth, width$"
    with pytest.raises(UserError, match=message):
        check(["depth", "widht"], model("plain"), "model.hyperparameters")
    check(["depth"], model("plain"), "model.hyperparameters")
    check(["widht"], model("unpacks"), "model.hyperparameters")
    with pytest.raises(UserError, match="^x.a: models_to_read.none does not read it; it reads none$"):
        check(["a"], model("none"), "x")
