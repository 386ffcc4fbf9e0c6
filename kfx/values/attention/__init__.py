"""Take the scores of attention layers out of a model while it runs, and silence heads."""
