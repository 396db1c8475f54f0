"""The compiled kernel: how rules are compiled, and how they are given their context."""
