"""The states of appointments by what an operator looks for."""

from collections.abc import Mapping

from yiqiao.region.appointments.states import ACTING, FINAL, STATES, Owner, State

GROUPS: Mapping[str, frozenset[State]] = {
    "stuck": frozenset({State.STUCK}),
    "acting": ACTING,
    "waiting": frozenset(state for state, about in STATES.items() if about.owner is Owner.CITIZEN),
    "ended": FINAL,
}
DUE_FIRST = frozenset({"stuck", "acting"})
"""Groups in which those come first that are due first; in all others, those that were made last."""
