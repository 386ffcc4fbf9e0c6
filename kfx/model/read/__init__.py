"""Read a live Keras model into a `LayerGraph`."""
