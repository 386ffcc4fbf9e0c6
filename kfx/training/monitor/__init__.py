"""Statistics of layers, measured inside the compiled train step."""
