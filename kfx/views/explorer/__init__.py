"""Graph, table and values, linked."""
