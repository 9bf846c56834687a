"""What our own hospitals show to everybody."""
