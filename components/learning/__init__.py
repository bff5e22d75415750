"""Code shared by Trainer and Tuner: one training run on the output of Transform."""
