"""The panels of a run's view, one file each, with its script where it has one of its own."""
