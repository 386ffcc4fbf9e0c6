"""Facts: what a Keras model is made of, as plain values."""
