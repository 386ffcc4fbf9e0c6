"""`kfx.embed`: a map of examples by their features."""
