"""Take and replace values while a language model generates."""
