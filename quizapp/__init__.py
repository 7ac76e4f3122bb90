"""quizapp: find out what you really know about Python's asyncio, and mend what you don't."""
