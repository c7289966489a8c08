"""The `rv64im` machine (spec/machine.md): context, state, decoding, and the executors that step it."""
