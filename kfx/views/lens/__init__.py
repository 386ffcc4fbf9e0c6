"""`kfx.lens`: what the model would answer if it ended after each block."""
