"""What a model gets right and wrong on a data set: counted batch by batch, with the examples that tell most."""
