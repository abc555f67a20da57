"""The operations: a module for each tag, a function for each operation. A function
builds a call; `Client.send` sends it.

assets
models
video
"""
