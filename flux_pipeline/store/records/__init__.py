"""Records of algorithm runs, of people's acts, and of a restaurant's settings."""
