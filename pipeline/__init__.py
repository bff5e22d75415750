"""The TFX pipeline around the schedule library: configuration, DAG, models and preprocessing it ships."""
