"""A drawing as PDF: the same lines and words as in its SVG."""
