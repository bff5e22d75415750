"""The other side of the comparison of pipelines: the same job as a user of TFX's own components writes it."""
