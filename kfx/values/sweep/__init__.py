"""Many runs of a model in one compiled pass: a patch at each layer and position, and each layer's values read by the head."""
