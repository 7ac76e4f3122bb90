"""What a machine may lack."""


class NotHere(Exception):
    """This fault can't be caused on this machine; the text says what is missing."""
