"""The books' accounts as people read them."""

from dataclasses import dataclass

from yiqiao.region.payments.books import BY_HAND, SUSPENSE, TRANSIT
from yiqiao.region.payments.ways import title


@dataclass(frozen=True)
class AccountName:
    """What an account is: channel (by its title), hand, deposit (by what tells it from others), transit, suspense."""

    account: str
    kind: str
    name: str = ""


def account_name(account: str) -> AccountName:
    """An account of the books by its name there."""
    kind, _, rest = account.partition("/")
    if kind == "channel":
        return AccountName(account, "hand") if rest == BY_HAND else AccountName(account, "channel", title(rest))
    if account in (TRANSIT, SUSPENSE):
        return AccountName(account, account)
    return AccountName(account, "deposit", rest.rpartition("/")[2][:8])
