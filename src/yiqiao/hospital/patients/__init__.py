"""The hospital's records of its patients."""
