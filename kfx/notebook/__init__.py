"""How a view is shown in a notebook, a terminal and a file."""
