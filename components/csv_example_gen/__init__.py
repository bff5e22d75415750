"""TFX's CsvExampleGen, with support for quoted headers."""
