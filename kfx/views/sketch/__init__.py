"""The graph while it is built."""
