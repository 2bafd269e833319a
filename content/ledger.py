"""The app's ledger for other code of this process: as the API, without HTTP and keys."""

from functools import partial

from content.operations import OPERATIONS
from ledger_core import posting

post = partial(posting.post, OPERATIONS)
post_batch = partial(posting.post_batch, OPERATIONS)
