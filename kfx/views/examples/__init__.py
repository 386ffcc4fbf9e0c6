"""`kfx.examples`: the examples that drive a unit most, as a list and as a view."""
