"""Data that the package carries, as typed values."""
