"""The books' accounts as people read them."""

from dataclasses import dataclass
from urllib.parse import urlencode

from yiqiao.ports.insurance_settlement import FUNDS
from yiqiao.region.payments.books import BY_HAND, CHARGE, OWN_ACCOUNT, SUSPENSE, TRANSIT
from yiqiao.region.payments.ways import title

MERCHANTS_AT = "/console/merchants"


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
    if account in (TRANSIT, SUSPENSE, CHARGE):
        return AccountName(account, account)
    if kind == "fund":
        own = rest == OWN_ACCOUNT
        return AccountName(account, "own" if own else "fund", "" if own else FUNDS.get(rest, rest))
    return AccountName(account, "deposit", rest.rpartition("/")[2][:8])


def statement_link(merchant_id: str, account: str) -> str:
    """Where an account's days are told."""
    return f"{MERCHANTS_AT}/{merchant_id}/statement?{urlencode({'account': account})}"
