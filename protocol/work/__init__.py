"""What is asked, done and shown: units, claims, traces being built, and segment proofs."""
