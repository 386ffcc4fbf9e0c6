"""A map of rows × columns with a number, and perhaps words, in each cell: what `kfx.sweep` and `kfx.lens` share."""
