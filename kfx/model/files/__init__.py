"""Read saved models without running anything from the file."""
