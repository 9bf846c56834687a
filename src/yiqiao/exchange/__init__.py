"""The way of a message, shared by all dialects: straight down and straight back, each step in one place.

bytes ─ peek ─ partner ─ admission ─ open ─ validate ─ handler ─ one transaction (with the journal)
bytes ◀─ seal ◀─ shape ◀─ result or refusal
"""
