"""Predictions of exported models, from Python and from files.

Rows travel as Arrow record batches: they are read (`readers`, or `batches` for Python objects), checked and
converted to features (`columns`), predicted (`model`) and written (`writers`). TFX is not imported, and TensorFlow
only for the first prediction.
"""
