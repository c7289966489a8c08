"""The researcher's simulator, rule checks and soundness tables."""
