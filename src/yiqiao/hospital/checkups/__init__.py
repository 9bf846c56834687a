"""Physical examinations that are kept here."""
