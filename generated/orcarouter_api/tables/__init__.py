"""Data that the package contains, as typed values."""
