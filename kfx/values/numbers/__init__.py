"""Running statistics of values."""
