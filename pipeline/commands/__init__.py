"""The commands of `python -m pipeline`: one per module, named after it.

`--help` imports all of these modules, so slow imports (TensorFlow, TFX, Beam, pandas) belong inside the functions.
"""
