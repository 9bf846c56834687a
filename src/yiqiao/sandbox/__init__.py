"""What a sandbox is furnished with: synthetic people, a register of them, and a demo partner."""
