"""Make notebooks safe to publish."""
