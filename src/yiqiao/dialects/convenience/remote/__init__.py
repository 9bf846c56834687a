"""A hospital elsewhere, asked and told over its convenience service: the way back of what `handlers` does.

Our words → the standard's → any hospital → the standard's words → ours. What a hospital's profile does not have is
NotOffered; what the standard does not carry is None or empty.
"""

from yiqiao.dialects.convenience.remote.system import RemoteHospital

__all__ = ["RemoteHospital"]
