"""What an internet hospital does to report to its supervisor: read, check, keep in an outbox, send, report."""
