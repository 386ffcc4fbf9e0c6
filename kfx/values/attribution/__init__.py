"""Attribution: how much each part of an input adds to one number of a model's output."""
