"""What only the JAX backend of Keras needs."""
