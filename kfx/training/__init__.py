"""The training of a model: the journal of a run and the modules that write it and steer the run; no pictures."""
