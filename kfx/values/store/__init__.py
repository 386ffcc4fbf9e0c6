"""Values on disk: parts, folders, reading and writing them."""
