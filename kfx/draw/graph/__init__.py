"""Draw a graph: folding, boxes, blocks, SVG."""
