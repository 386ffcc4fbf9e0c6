"""Values: every activation, gradient and statistic inside a Keras model, from the model as it is."""
