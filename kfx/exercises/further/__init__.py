"""The exercises of the tutorials that go on where the guide to the functional API ends, from 13."""
