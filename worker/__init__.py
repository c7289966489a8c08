"""Produces: runs units, keeps the store, resumes, makes proofs, builds guests."""
