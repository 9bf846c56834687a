"""Sessions called off, and the platform told of it."""
