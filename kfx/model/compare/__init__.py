"""Compare two models: pairing, differences, moved weights."""
