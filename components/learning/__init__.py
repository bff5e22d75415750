"""What Trainer and Tuner share: one training, on what Transform wrote."""
