"""Read what layers of a user's own code do inside: the layers that they call and the operations between them."""
