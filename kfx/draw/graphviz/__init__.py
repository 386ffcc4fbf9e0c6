"""Lay a graph out with Graphviz."""
