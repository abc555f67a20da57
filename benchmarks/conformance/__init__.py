"""`python -m benchmarks.conformance`: generated clients against servers that orcagen did not write (CONFORMANCE.md).

TypeSpec's suite: `@typespec/http-specs` describes 794 scenarios of HTTP APIs, which its emitter turns into OpenAPI 3.0, 3.1 and
3.2, and `@typespec/spector` serves them and judges each request. It needs npm and its registry (380 MB, once); a Node that is
new enough comes from there too.

| module | what |
|---|---|
| `npm` | the work folder: packages of npm, Node, the mock server |
| `typespec`, `compile.mjs` | the documents, scenarios and packages of the suite |
| `scenarios` | sends the requests of a scenario, and judges the responses |
| `document` | what a document says about a request, without orcagen's reader |
| `values` | JSON as typed values by annotations alone, without orcagen's codec |
| `package` | every name of generated packages that the others rely on |
| `expectations` | what OpenAPI cannot express |
| `report` | `benchmarks/CONFORMANCE.md` |
"""
