"""Ready-made messages for the load generator: signed and encrypted beforehand, each with a serial of its own."""

from collections.abc import Iterator
from datetime import date, timedelta

from stdnum.cn import ric

from benchmarks.processes import Hub
from yiqiao.clock import SystemClock, compact
from yiqiao.dialects.ehealth_card.client import Client

REGISTER = "ehc.ehealthcard.querywithreg"
VERIFY = "ehc.ehealthcode.verify"
ALTER = "ehc.ehealthcard.alterinfo"
PATH = "/ehcService/gateway.do"


def demo_client(hub: Hub) -> Client:
    """A client that calls as the sandbox's demo partner."""
    found = hub.credentials()
    terminals = found["terminals"]
    assert isinstance(terminals, list)
    return Client(hub.url, app_id=str(found["app_id"]), secret=str(found["secret"]), term_id=str(terminals[0]))


def numbers() -> Iterator[str]:
    """Valid identity-card numbers of nobody: districts that do not exist, one after the other."""
    day = date(1950, 1, 1)
    for n in range(10_000_000):
        born = day + timedelta(days=n // 999 % 20_000)
        front = f"99{n // 19_980_000:04}{born:%Y%m%d}{n % 999:03}"
        yield front + ric.calc_check_digit(front + "0")


def registration(serial: str, id_no: str, n: int, **more: object) -> dict[str, object]:
    """A wish to register person number `n`."""
    return {
        "out_register_no": serial,
        "out_register_time": compact(SystemClock().now_ms()),
        "certificate_mode": "01",
        "apply_method": "3",
        "id_type": "01",
        "id_no": id_no,
        "user_name": f"量测{chr(0x4E00 + n % 5000)}",
        "user_sex": "0",
        "mobile_phone": f"100{n:08}",
        "address": "量测市样例区无名路 1 号",
        **more,
    }


def showing(serial: str, code: str) -> dict[str, object]:
    """A code shown at a desk."""
    return {
        "ehealth_code": code,
        "out_verify_no": serial,
        "out_verify_time": compact(SystemClock().now_ms()),
        "operator_id": "0007",
        "operator_name": "量测员",
        "treatment_code": "010101",
        "ip_addr": "192.0.2.7",
        "office_code": "0300",
    }


def registrations(client: Client, count: int) -> list[bytes]:
    """Messages that register `count` different people."""
    source = numbers()
    return [client.message(REGISTER, registration(f"bench-r-{n}", next(source), n)) for n in range(count)]


def verifications(client: Client, codes: list[str], count: int) -> list[bytes]:
    """Messages that verify `codes` in turn, `count` in all."""
    return [client.message(VERIFY, showing(f"bench-v-{n}", codes[n % len(codes)])) for n in range(count)]


def alteration(serial: str, ehealth_card_id: str, n: int) -> dict[str, object]:
    """A change of somebody's phone and address."""
    return {
        "ehealth_card_id": ehealth_card_id,
        "out_alter_no": serial,
        "out_alter_time": compact(SystemClock().now_ms()),
        "mobile_phone": f"101{n:08}",
        "address": f"量测市样例区无名路 {n} 号",
    }


def alterations(client: Client, cards: list[str], count: int) -> list[bytes]:
    """Messages that change the holders of `cards` in turn, `count` in all."""
    return [client.message(ALTER, alteration(f"bench-a-{n}", cards[n % len(cards)], n)) for n in range(count)]
