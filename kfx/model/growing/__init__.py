"""The graph of layers that were called so far, before any model exists."""
