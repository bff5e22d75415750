"""One page per run: what was asked, what happened, and how good the model is."""
