"""Tests of the specification kernel, on a small invented standard."""
