"""Draw values: maps, bars, strips, scales."""
