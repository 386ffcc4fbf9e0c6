"""Facts of models: calls, edges, shapes, parameters and costs as frozen plain values."""
