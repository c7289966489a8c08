"""What every party must agree on to the byte. Pure: no I/O, no clock, no randomness."""
