"""CMC 工作台对接技术说明书: the HIS on one side launches the doctor's workstation on the other, on the very patient.

    from yiqiao.dialects.cmc import Launcher

Chapters: 4.3.1 and 4.3.2 (command line and link), 4.3.3 (signature), 4.3.4 (parameters), 4.3.5 (code tables). The
standard itself is data: spec.yaml and profiles/ beside this file.
"""

from yiqiao.dialects.cmc.client import Launch, Launcher

__all__ = ["Launch", "Launcher"]
