"""Ways to pay with nobody's money: a channel of the sandbox's own, and simulators of those that exist."""
