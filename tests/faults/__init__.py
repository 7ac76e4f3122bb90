"""What goes wrong in the world, done to a real quizapp on purpose: `python -m tests.faults`."""
