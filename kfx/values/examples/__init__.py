"""Which examples of a data set drive a unit most, and where in them."""
