"""Judges evidence and returns verdicts. Pure: no I/O, no clock, no randomness."""
