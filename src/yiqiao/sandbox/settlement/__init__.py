"""The stand-in for the insurance centre's settlements: what it pays of a bill, by a table, and the books of it."""
