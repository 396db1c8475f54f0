"""The commands, and what they are made of: options, the guard around them, and the jobs that they start."""
