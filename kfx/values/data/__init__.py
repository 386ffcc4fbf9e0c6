"""Input data as batches."""
