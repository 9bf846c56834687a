"""The hospitals at which the region books that are elsewhere: their addresses, keys and what they show."""
