"""Turns an OpenAPI document into a typed Python client.

One way through, a module for each stage: load, document, types, plan, render, write. `orcagen.pipeline` joins them.
"""
