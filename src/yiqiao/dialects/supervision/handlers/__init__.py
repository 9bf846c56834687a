"""What is done with an upload: rows → the supervisor → verdicts."""
