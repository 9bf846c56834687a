"""What the hub reaches, measured beside a reference in the same run: `./dev bench` and `./dev soak`."""
