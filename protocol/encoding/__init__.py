"""How objects become bytes and back: deterministic CBOR (`cbor`) and declared record types (`schema`)."""
