"""The reference documentation of the standards, made from their specifications: as pages, and as files."""
