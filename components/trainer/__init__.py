"""Trains a Keras model with a schedule that reacts to the validation metric."""
