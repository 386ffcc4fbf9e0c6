"""Show views in a notebook, a terminal and a file."""
