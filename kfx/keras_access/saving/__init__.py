"""What Keras does while it saves and loads: bounded variables, the paths of weights in a file, the numbers behind codes."""
