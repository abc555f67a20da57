"""Stage 1: a path, a URL or standard input to plain values with line numbers. Documents, overlays and table data are
opened here and nowhere else."""
