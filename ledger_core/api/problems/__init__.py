"""Problems: errors as RFC 9457 problem documents.

`http_errors` has the errors of HTTP itself, `registry` lists every error, `documents` makes the problem document of an
error, and `handlers` turns exceptions into responses, for Django REST framework and for Django.

Invariants: a code belongs to one class; each registered error has a page at the address that is its `type`.
"""
