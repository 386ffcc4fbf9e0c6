"""Explain errors that Keras raises while a model is built, with repairs that were tried."""
