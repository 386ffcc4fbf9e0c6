"""The only code that reads Keras's private attributes or a backend's graph."""
