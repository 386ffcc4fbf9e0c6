"""What is known of each family of layers: settings, shapes, costs, stored sizes."""
