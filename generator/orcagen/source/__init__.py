"""Stage 1: the document and the files it refers to, read into plain values with line numbers. All I/O on input is here."""
