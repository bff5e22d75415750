"""TFRecord files of `tf.Example`s."""
