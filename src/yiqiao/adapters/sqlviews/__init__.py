"""A HIS database that is read: a mapping file says which view and columns hold what the port tells.

docs/existing-his.md describes the file. Nothing is ever written there.
"""
