"""The settings of an ExampleGen survive TFX's execution properties."""

from tfx.utils import proto_utils

from components.example_gen.settings import Settings
from components.formats.cells.reading import Reading


def test_settings_come_back_from_execution_properties():
    settings = Settings(
        "größe", {"time": "day"}, Reading(("NA", "?"), {"price": "1.234,56 €"}), span=3, version=2
    )

    assert Settings.of({"custom_config": proto_utils.proto_to_json(settings.to_proto())}) == settings


def test_without_custom_configuration_all_is_the_default():
    assert Settings.of({"custom_config": None}) == Settings()
