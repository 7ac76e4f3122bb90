"""Fuzzing: what outside input does to parsers, pages and an attempt's life. `make fuzz` runs all of it."""
