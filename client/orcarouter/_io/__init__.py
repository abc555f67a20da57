"""The effects that flows yield, what performs them, and access to clock and disk."""
