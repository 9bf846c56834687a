"""Reading cards: what a patient presents at a desk, and who they are to insurance, card platform and hospital."""
