"""The quality of what is uploaded: is it complete, in time, of one piece, and can it be true?

A rule is a file (`rules/`): SQL over a day of one institution, run by an embedded DuckDB that sees nothing else. Days
are reviewed when something on them has changed, and all days once more when a rule has.
"""
