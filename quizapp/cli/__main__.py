"""`python -m quizapp.cli` is the command `quizapp`."""

from quizapp.cli import main

main(prog_name="quizapp")
