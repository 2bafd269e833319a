"""Reading requests: from the bytes of a body or a query string to a typed value.

`types` declares the requests, `decoding` reads bodies, `queries` reads query strings, and `mistakes` finds all
mistakes in a rejected body.

Invariants: a value is decoded and checked once, by its type; the problem document of a rejected request lists each
field that is wrong.
"""
