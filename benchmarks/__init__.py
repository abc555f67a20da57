"""What the generator, its output and the command lines cost, beside two other generators.

    python -m benchmarks                        # everything; RESULTS.md, results.svg and results.json are rewritten
    python -m benchmarks --only imports,codec   # these alone; the other figures stay as they were
    python -m benchmarks --no-peers --documents DIR

CPU seconds are those of the process and its children, user and system. They are steadier than elapsed time and still
differ between machines: between machines, compare the ratios.
"""
