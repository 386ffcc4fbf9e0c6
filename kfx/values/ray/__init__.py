"""Extract values on several processes or machines with Ray."""
