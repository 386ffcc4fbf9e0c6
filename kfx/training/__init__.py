"""Time: what happens to a model while it learns. The journal of a run, what writes it and what steers it; no pictures."""
