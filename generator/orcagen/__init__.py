"""Turns an OpenAPI document into a typed Python client.

One package for each stage, in this order: `source`, `openapi`, `schema`, `plan`, `render`, `output`. `orcagen.pipeline`
joins them.
"""
