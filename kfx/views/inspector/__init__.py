"""The values inside a model."""
