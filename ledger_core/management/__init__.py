"""Commands for operators, and what the commands share.

    commands     the commands, one per module
    reporting    base class of commands that check something: their exit codes
    arguments    types of arguments
    output       progress bars, JSON, counts

Invariants: a command that checks something exits with 0 if it found nothing wrong, 1 if it did, and 2 if it could not
check. An expected error is one line on stderr, without a traceback.
"""
