"""Rules: why a request is rejected. One module for each rule, with its refusal and the explanation of it.

PostgreSQL decides, by a named constraint (`models.constraints`). `refusals` maps each constraint to one exception, and
`explanations` reads, after the rejection, what the caller wants to know.

Invariants: a constraint has exactly one exception; nothing here decides whether a request is posted. Imports the models
and `operations`.
"""
