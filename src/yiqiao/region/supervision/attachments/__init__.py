"""Attachments of internet hospitals' records: taken in, looked at, kept, and handed out by right."""
