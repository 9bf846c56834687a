"""Whose record is whose: by which number a hospital knows the citizens and their families."""
