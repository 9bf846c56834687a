"""Launches of the doctor's workstation: once each, the session they end in, and the notes that doctors keep."""
