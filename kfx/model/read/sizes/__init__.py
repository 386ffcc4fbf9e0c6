"""What a reading knows at a size: inputs of a graph, shapes that follow from them, caches, active experts."""
