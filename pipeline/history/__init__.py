"""The history of runs, read from the metadata store without TensorFlow or TFX, and without writing to it."""
