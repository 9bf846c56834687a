"""The payment hub: money taken for merchants and given back, exactly once, with books that add up.

A trade (`trade`) is paid by one of its attempts (`attempt`), each through a channel; what a channel takes besides is
given back by itself. A refund (`refund`) follows the steps that its kind has. All three are sagas in rows (`states`).
"""
