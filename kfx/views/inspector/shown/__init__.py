"""One input or output of an example as what it is: pictures, masks, series, words, classes, next tokens."""
