"""Inspects the user's data before TensorFlow is imported."""
