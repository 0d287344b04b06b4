"""The failures people meet: what happened, which feed, which day, what to do next.

Two kinds, because every retry mechanism asks the same question: would trying
again help? A `TransientError` may pass by itself; a `PermanentError` will not.
"""


class CrashesError(Exception):
    """Any failure that is explained to the user instead of shown as a traceback."""


class TransientError(CrashesError):
    """Trying again later may help: the portal is busy, the network broke, the data is moving."""


class PermanentError(CrashesError):
    """Trying again changes nothing: somebody has to change a setting, the portal or the code."""


class ShrinkError(PermanentError):
    """Much less than we hold would be left of a feed or a day; nothing was withdrawn."""
