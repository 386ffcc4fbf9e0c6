"""The view below Keras's own error."""
