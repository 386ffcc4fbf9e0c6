"""The command `kfx`."""
