"""Pictures of what a model gets right and wrong: confusion, calibration, predicted against true."""
