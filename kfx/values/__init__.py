"""Values inside a model: activations, gradients, statistics, patches."""
