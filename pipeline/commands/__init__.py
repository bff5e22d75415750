"""The commands of `python -m pipeline`: each module has one, of its own name.

Listing them imports all of these modules, so what takes seconds to import (TensorFlow, TFX, Beam, pandas) is
imported inside the functions.
"""
