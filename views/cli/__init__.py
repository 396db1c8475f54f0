"""What the commands of run.py are made of: options, the guard around them, and the jobs that they start."""
