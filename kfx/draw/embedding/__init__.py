"""Pictures of maps of examples."""
