"""`kfx.evaluate`: what a model gets right and wrong, as figures and as a view."""
