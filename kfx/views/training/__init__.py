"""Training runs: curves, progress, layer statistics, controls."""
