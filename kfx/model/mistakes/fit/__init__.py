"""Mistakes around ``fit``, ``evaluate``, ``predict`` and ``compile``: the data, the labels and the loss."""
