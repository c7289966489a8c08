"""The laboratory: populations, adversaries, the protocol's own settlement, and figures that repeat to the byte."""
