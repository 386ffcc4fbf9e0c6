"""The journal of a training run: plain arrays, their tables and their file."""
