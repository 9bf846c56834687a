"""A citizen's decision on the use of their card, made on a page of ours, and kept in the journal like an exchange.

It stands there under the application that asked and its serial, beside the two calls it belongs to, so that who decided
what, and when, is found by any of the three.
"""

import secrets
import time

import orjson

from yiqiao.app.runtime import Runtime
from yiqiao.crypto import sm3
from yiqiao.dialects.ehealth_card.dialect import NAME
from yiqiao.errors import DomainError
from yiqiao.journal import Direction, Entry, Keys
from yiqiao.ports.login import Citizen
from yiqiao.region.cards.consent import Concluded, Consent, Event
from yiqiao.region.identity.certificates import Certificate
from yiqiao.spec import load

OPERATION = "consent"
"""How the journal calls it; the standard has no operation for what happens on the phone."""


async def decide(
    runtime: Runtime, consent: Consent, token: str, event: Event, citizen: Citizen, peer: str
) -> Concluded | DomainError:
    """Do what the citizen decided, if it can still be done. Raises Busy, StorageFailed, StorageUnreachable."""
    begun, at = time.monotonic_ns(), runtime.clock.now_ms()
    asked = orjson.dumps({"out_authorize_no": consent.number, "decision": event})

    def witness(outcome: Concluded | DomainError) -> tuple[Concluded | DomainError, Entry]:
        refusal = outcome if isinstance(outcome, DomainError) else None
        spec = load(NAME)
        keys = Keys(trace=consent.number)
        answer = None
        if isinstance(outcome, Concluded):
            keys = Keys(outcome.person_id, outcome.ehealth_card_id, trace=consent.number)
            answer = {"auth_status": outcome.state}
        view = {
            "peer": peer,
            "terminal": consent.term_id,
            "refusal": refusal.name if refusal else None,
            "message": refusal.message if refusal else None,
            "request": orjson.loads(asked),
            "unknown": (),
            "answer": answer,
        }
        entry = Entry(
            at=at,
            dialect=NAME,
            operation=OPERATION,
            app_id=consent.app_id,
            direction=Direction.IN,
            outcome=(spec.code_for(refusal.name) if refusal else spec.success).code,
            duration_us=(time.monotonic_ns() - begun) // 1000,
            request_id=secrets.token_hex(8),
            digest=sm3(asked),
            request=asked,
            response=orjson.dumps(answer) if answer else b"",
            view=orjson.dumps(view),
            keys=keys,
        )
        return outcome, entry

    holder = Certificate(citizen.id_type, citizen.id_no)
    return await runtime.writer.perform(runtime.cards.consents.decide(token, event, holder), witness)
