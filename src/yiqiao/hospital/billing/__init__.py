"""What outpatients owe and pay at our own hospitals, and the books."""
