"""What a regional platform knows: who people are, and the cards they hold."""
