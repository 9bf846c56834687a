"""A HIS that acts for itself: what is asked of it goes out as JSON calls, or as stored procedures of its database.

docs/existing-his.md is the contract that a HIS keeps to. Whatever happens on the line, no outcome is assumed: it is
answered, or asked for.
"""
