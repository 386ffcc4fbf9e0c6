"""A training run: its state, steps, commands, checkpoints and interrupts."""
