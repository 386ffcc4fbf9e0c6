"""Text for every face: numbers, names of strangers, tables."""
