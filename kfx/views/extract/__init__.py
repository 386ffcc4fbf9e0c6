"""Progress of an extraction to disk."""
