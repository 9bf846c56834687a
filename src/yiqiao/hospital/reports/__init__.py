"""Laboratory and examination reports that are kept here."""
