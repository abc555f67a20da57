"""What a client does, as generators without I/O: submit, poll, wait, download, wait for many."""
