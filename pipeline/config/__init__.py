"""What a pipeline is, as one YAML file, checked as a whole before TensorFlow is imported."""
