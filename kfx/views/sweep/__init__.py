"""`kfx.sweep`: what each layer and position of a run does to the output, as arrays and as a view."""
