"""Access to Keras's TensorFlow backend."""
