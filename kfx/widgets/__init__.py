"""Clicks: one anywidget class a file, with a script and a style sheet of the same stem."""
