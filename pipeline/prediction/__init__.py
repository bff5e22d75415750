"""Predictions of exported models, from Python and from files.

Rows travel as Arrow record batches: read (`readers`, or `batches` for rows of Python), checked and turned into
`tf.Example`s (`columns`), answered
(`model`), and written (`writers`). TFX is not imported, and TensorFlow only when a model is asked.
"""
