"""Posting for other Python code in the same process: as with the API, but without HTTP and API keys."""

from functools import partial

from content.operations import OPERATIONS
from ledger_core import posting

post = partial(posting.post, OPERATIONS)
post_batch = partial(posting.post_batch, OPERATIONS)
hold = partial(posting.hold, OPERATIONS)
capture = partial(posting.capture, OPERATIONS)
release = partial(posting.release, OPERATIONS)
