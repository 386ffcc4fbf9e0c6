"""`kfx.attribute`: how much each part of an input adds to a prediction, as arrays and as a view."""
