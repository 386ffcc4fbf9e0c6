"""The graph of a model, coloured while it trains."""
