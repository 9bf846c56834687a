"""What a hospital's own system knows, where it keeps its data here: tables with rules, one part a subject."""
