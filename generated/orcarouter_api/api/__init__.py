"""One module per tag, with a function per operation. A function builds a call;
`Client.send` sends it.

assets
models
video
"""
