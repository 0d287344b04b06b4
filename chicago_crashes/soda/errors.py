"""How the portal fails, sorted by whether asking again would help. Every message is written for people."""

from chicago_crashes.errors import CrashesError, PermanentError, TransientError


class PortalError(CrashesError):
    """Anything that went wrong between us and the portal."""


class PortalUnavailableError(PortalError, TransientError):
    """The portal did not give a whole, current answer; it may later."""


class PortalTimeoutError(PortalUnavailableError):
    """The portal was too slow; asking for less may help."""


class PortalDisagreesError(PortalUnavailableError):
    """The portal's answers contradict one another: its data is moving, or a part of it was not delivered."""


class PortalRefusalError(PortalError, PermanentError):
    """The portal understood and said no; asking again changes nothing."""


class NoSuchDatasetError(PortalRefusalError):
    """The portal has no dataset under this id."""
