"""The bundled configuration of a table, with changed values."""

from pipeline.config.load import load
from pipeline.config.sections import Config
from tests.conftest import ROOT

TABULAR = ROOT / "examples/tabular.yaml"


def load_tabular(overrides: dict) -> Config:
    return load(TABULAR, overrides)
