"""From text to tags and back: encoding, decoding, loading, extracting."""
