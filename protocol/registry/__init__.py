"""The registry of those who offer work, and the draw of workers and auditors from it (spec/registry.md)."""
