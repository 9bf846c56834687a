"""Queues: numbers are taken, called, finished."""
