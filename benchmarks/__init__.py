"""The cost of the generator, of its output and of the command lines, beside two other generators.

    python -m benchmarks                        # everything; writes RESULTS.md, results.svg and results.json
    python -m benchmarks --only imports,codec   # these; the other figures are kept
    python -m benchmarks --no-peers --documents DIR

CPU seconds are user and system time of a process and its children. They vary less than elapsed time, but differ between
machines: compare ratios.
"""
