"""The font that travels with kfx, so that every saved picture has its text."""
