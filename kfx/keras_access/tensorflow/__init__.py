"""What is particular to Keras on TensorFlow."""
