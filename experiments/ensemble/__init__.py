"""Run many models: seeds, executors, progress, and the store of their results."""
