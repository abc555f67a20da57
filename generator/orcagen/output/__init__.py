"""Stage 7: text to disk: verified, only what changed, atomically."""
