"""A map of examples by their features: vectors of every example, and their places in a plane."""
