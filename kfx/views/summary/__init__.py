"""The summary of a model."""
