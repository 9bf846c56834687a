"""Locks and orders of our own hospitals: units never oversold nor lost, orders by their state table."""
