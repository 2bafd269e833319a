"""The documentation of the API: OpenAPI documents, the Swagger page, examples, and a page for each problem.

Invariants: everything is derived from the views, the types and the error classes. It is the same for every reader, so
each process renders it once and clients can cache it.
"""
