"""A hospital in tests: the examples' desks before a running hub, patients, and a line on which answers get lost."""

from collections.abc import Iterator
from contextlib import ExitStack

import httpx

from archive import Archive, Card
from desk import DOCTOR, Certificate, Desk, Station
from hospital_his import OPERATOR, Platform, phone
from yiqiao.dialects.ehealth_card import Client, envelope


class Line(httpx.BaseTransport):
    """A connection on which the next `lost` answers do not arrive, though the platform has acted."""

    def __init__(self) -> None:
        self.lost = 0
        self.sent: list[envelope.Claim] = []
        self._inner = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(envelope.peek(request.read()))
        response = self._inner.handle_request(request)
        if self.lost:
            self.lost -= 1
            response.close()
            raise httpx.ReadTimeout("no answer", request=request)
        return response

    def methods(self) -> list[str]:
        """What was called so far, by its last word; forgotten afterwards."""
        called = [claim.method.rsplit(".", 1)[-1] for claim in self.sent]
        self.sent.clear()
        return called

    def close(self) -> None:
        self._inner.close()


class Town(ExitStack):
    """One hospital with its archive and connection, in a town in which nobody exists."""

    def __init__(self, platform: Platform, numbers: Iterator[int]) -> None:
        super().__init__()
        self._numbers = numbers
        self.line = Line()
        client = Client(
            platform.url,
            app_id=platform.app_id,
            secret=platform.secret,
            term_id=platform.term_id,
            transport=self.line,
        )
        self.client = self.enter_context(client)
        self._phone = self.enter_context(platform.client())
        self.archive = Archive()
        self.callback(self.archive.close)

    def desk(self, station: Station = DOCTOR) -> Desk:
        """A desk of this hospital."""
        return Desk(self.client, self.archive, station, OPERATOR)

    def patient(self, card_type: str | None = None) -> Certificate:
        """Somebody new, with a passport and, where a kind is given, a physical card."""
        number = next(self._numbers)
        card = Card(card_type, f"K97{number:05}") if card_type else None
        return Certificate(
            f"E97{number:06}", f"测试{chr(0x4E00 + number)}", "1", "15400000009", id_type="03", card=card
        )

    def phone(self, who: Certificate, seconds: int = 300) -> str:
        """The code on a patient's phone; the card is taken online if need be."""
        return phone(self._phone, who, seconds)

    def links(self) -> list[dict[str, object]]:
        """What the archive knows of health cards."""
        return self.archive.rows("health_card")
