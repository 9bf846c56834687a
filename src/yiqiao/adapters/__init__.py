"""Ways to fill a port that are no dialect: one module or package each."""
