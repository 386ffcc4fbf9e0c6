"""Replace what layers and operations of a model return."""
