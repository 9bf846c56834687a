"""For whom a citizen books: themselves, and the members of their family that they have entered."""
