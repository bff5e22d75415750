"""What runs left in the metadata store, read without TensorFlow, without TFX, and without writing to it."""
