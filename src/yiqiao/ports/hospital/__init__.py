"""A hospital as its callers see it, whichever system stands behind it: our own tables, a HIS that exists already, or a
hospital elsewhere. Protocols, frozen values and refusals, nothing else.

Acts answer a `Write`: our own hospital's is gathered into one transaction with the journal's entry of the call; a
hospital elsewhere has acted by then, and its `Write` only hands on what came of it (`done`).
"""

from yiqiao.ports.hospital.system import Hospitals, HospitalSystem, UnknownHospital, done

__all__ = ["HospitalSystem", "Hospitals", "UnknownHospital", "done"]
