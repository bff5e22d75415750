"""The bundled configuration of a table, with changed values."""

from components.errors import one_of
from pipeline.config.load import load
from pipeline.config.sections import Config
from reactive_schedules.search import registry
from tests.conftest import ROOT

TABULAR = ROOT / "examples/tabular.yaml"


def having(option: str) -> str:
    """The algorithms with an option, as messages list them."""
    return one_of(registry.algorithms_with(option))


def load_tabular(overrides: dict) -> Config:
    return load(TABULAR, overrides)
