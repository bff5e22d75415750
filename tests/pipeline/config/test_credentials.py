"""Credentials in a configuration: refused where they would be stored, and never repeated."""

import itertools

import pytest
import yaml
from click.testing import CliRunner

import kubeflow_runner
import local_runner
from pipeline.config.credentials import refuse_packaged
from pipeline.config.errors import ConfigError
from pipeline.config.load import load
from tests.conftest import ROOT
from tests.planting import KEY, plants

WHOLE = {
    **yaml.safe_load((ROOT / "examples/digits.yaml").read_text(encoding="utf-8")),
    "kubeflow": {
        "defaults": {
            "secrets": [{"name": "database", "env": {"password": "DB_PASSWORD"}}],
            "volumes": [{"claim": "shared", "mount": "/mnt"}],
        }
    },
}
FIELDS = {
    ".".join(map(str, path)): [*group]
    for path, group in itertools.groupby(plants(), key=lambda plant: plant.path)
}


@pytest.fixture
def loaded(tmp_path):
    def load_document(document):
        path = tmp_path / "config.yaml"
        path.write_text(yaml.safe_dump(document), encoding="utf-8")
        return load(path)

    return load_document


def test_fields_of_every_section_are_planted():
    assert {"data.path", "beam.0", f"model.hyperparameters.{KEY}", "kubeflow.defaults.env.plain"} < {*FIELDS}


def refusal(loaded, plant) -> str | None:
    """Why neither a run nor a package takes the secret; None if one does. A run may take what it does not store."""
    try:
        config = loaded(plant.into(WHOLE))
    except ConfigError as error:
        return str(error)
    if plant.path[0] not in ("beam", "kubeflow"):
        return None
    try:
        refuse_packaged(config)
    except ConfigError as error:
        return str(error)
    return None


@pytest.mark.parametrize("field", FIELDS)
def test_no_field_takes_a_credential_that_is_stored(loaded, field):
    for plant in FIELDS[field]:
        message = refusal(loaded, plant)
        if "secrets" in plant.path and message is None:
            continue  # names of keys and variables are not credentials
        assert message is not None
        assert plant.secret not in message


def test_the_remedy_is_accepted(loaded):
    refuse_packaged(loaded(WHOLE))


def test_a_hyperparameter(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump({**WHOLE, "model": {"hyperparameters": {"api_key": "hunter2"}}}))
    result = CliRunner().invoke(
        local_runner.main, ["--config", str(path), "--workspace", str(tmp_path / "w")]
    )
    assert (result.exit_code, result.stderr) == (
        2,
        f"{path}: model.hyperparameters.api_key: looks like a credential, and runs and models store the configuration; "
        "remove it, and read it from an environment variable in your code\n",
    )
    assert not (tmp_path / "w").exists()


@pytest.mark.parametrize("number", [12345678, "'12345678", "text: x"])
def test_a_faulty_value_is_not_repeated(tmp_path, number):
    path = tmp_path / "config.yaml"
    path.write_text(
        f"name: x\ndata: {{path: x, label: y}}\nkubeflow: {{defaults: {{env: {{DB_PASSWORD: {number}}}}}}}\n",
        encoding="utf-8",
    )
    with pytest.raises(ConfigError) as raised:
        load(path)
    assert str(number) not in str(raised.value)


def test_a_package(tmp_path):
    path = tmp_path / "config.yaml"
    env = {"DB_PASSWORD": "hunter2", "MODE": "fast"}
    path.write_text(yaml.safe_dump({**WHOLE, "kubeflow": {"defaults": {"env": env}}}), encoding="utf-8")
    arguments = ["compile", "--config", str(path), "--image", "x", "-o", str(tmp_path / "package.yaml")]
    result = CliRunner().invoke(kubeflow_runner.main, [*arguments, "--pipeline-root", "s3://b/k"])
    assert (result.exit_code, result.stderr) == (
        2,
        "kubeflow.defaults.env.DB_PASSWORD: looks like a credential, and everyone who sees the package can read it; "
        "put it into a Kubernetes Secret, and name that under kubeflow.defaults.secrets\n",
    )
    result = CliRunner().invoke(kubeflow_runner.main, [*arguments, "--pipeline-root", "s3://me:hunter2@b/k"])
    assert result.exit_code == 2
    assert "must not contain a login" in result.stderr
    assert "hunter2" not in result.stderr
    assert not (tmp_path / "package.yaml").exists()
