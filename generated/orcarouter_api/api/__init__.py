"""One module per tag, with a function per operation. A function builds a call;
`Client.send` sends it, and so does the method of the same name that a client has for
the tag.

assets
models
video
"""
