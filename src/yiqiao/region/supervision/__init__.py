"""The supervisor of internet hospitals: what they upload is taken in, judged, kept and counted.

An institution is opened and its bindings are made on the console; then its records come, in any order. A record whose
antecedent is not on file waits for it, and is judged again when it comes. Every version of a record is kept; in force
is the valid one that was sent last.
"""
