"""Inpatients at our own hospitals."""
