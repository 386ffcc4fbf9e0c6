"""`kfx.attention`: the scores of attention, as a mapping and as a view."""
