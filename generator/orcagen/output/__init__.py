"""Stage 7: files to disk: verified, only those that changed, atomically, with a manifest."""
