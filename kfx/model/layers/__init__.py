"""Facts about each family of layers: settings, shapes, costs, stored sizes."""
