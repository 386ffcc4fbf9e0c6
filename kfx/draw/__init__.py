"""Pictures: facts in; text, DOT, SVG and HTML out. No Keras, no widgets, no display calls."""
