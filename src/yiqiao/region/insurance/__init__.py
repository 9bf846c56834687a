"""Settling a patient's bill with the insurance centre (3.1.3.6, 3.1.3.7): its course, the ways back out of it, and what
is done about a settlement that stands on one side only.
"""
