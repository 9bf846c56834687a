"""The root of all errors that are answers, not accidents.

A refusal by a rule of the domain (a code that has expired, a serial used twice) is a `DomainError`. It is named once,
by its class; each dialect's specification maps that name to the return code of its standard. Its message is Chinese,
fit to be shown to the caller, and holds no personal data.
"""


class DomainError(Exception):
    """A refusal by a rule; `message` is Chinese and may be shown."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    @property
    def name(self) -> str:
        """The key under which a specification's `errors` maps this refusal to a return code."""
        return type(self).__name__


class Repeated(DomainError):
    """A business serial that has been used before; nothing was done again.

    `identical` says whether the same was asked under it as the first time: then a profile may have the first answer
    given again.
    """

    def __init__(self, message: str, *, identical: bool = False) -> None:
        super().__init__(message)
        self.identical = identical
