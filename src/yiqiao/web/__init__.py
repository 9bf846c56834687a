"""Pages for people: rendered on the server, made live by htmx, with nothing loaded from elsewhere."""
