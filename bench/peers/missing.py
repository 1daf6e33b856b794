"""Why a Python subject cannot take part: a row of its own in the table, and not a failure."""


class Missing(Exception):
    pass
