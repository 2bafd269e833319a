"""The API described: OpenAPI documents, the Swagger page, examples, and a page for each problem.

Invariants: everything is derived from the views, the types and the error classes, and is the same for every reader, so
that it is rendered once and cached.
"""
