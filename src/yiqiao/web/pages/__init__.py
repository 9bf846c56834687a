"""One module a room: what it shows as a frozen dataclass, which is also its JSON twin, and the routes that show it."""
