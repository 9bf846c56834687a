"""Prescriptions that are kept here."""
