"""What tests and benchmarks share: builders, launchers, and the rule for missing tools."""
