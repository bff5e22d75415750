"""TFX's CsvExampleGen, for headers as people have them."""
