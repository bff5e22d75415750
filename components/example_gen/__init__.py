"""TFX's file-based ExampleGens, whose cache goes by the content of the files; CSV headers may be quoted."""
