"""The conformance suite's runner, the generators of its vectors, and our own adapter."""
