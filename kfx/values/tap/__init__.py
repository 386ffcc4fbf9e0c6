"""Take values out of a model while it runs."""
