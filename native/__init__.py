"""The native libraries: C in `src`, and how they are built."""
