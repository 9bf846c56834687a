"""The outside as the hub sees it: protocols and frozen dataclasses, nothing else."""
