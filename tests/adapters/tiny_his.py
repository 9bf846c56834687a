"""A HIS that takes part in payment, as small as it can be: one table of acts, one of balances."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from yiqiao.adapters.callback.http import signature


class No(Exception):
    """It will not."""


@dataclass
class TinyHis:
    """`app` is its ASGI application; `lost` the acts whose next answer does not get through."""

    key: bytes
    acts: dict[str, dict[str, Any]] = field(default_factory=dict)
    balances: dict[str, int] = field(default_factory=dict)
    owed: dict[str, dict[str, Any]] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)
    heard: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.app = Starlette(routes=[Route("/yq/{act}", self.answer, methods=["POST"])])
        self.does: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "notify_recharge": lambda said: self.act(said, "recharge", "done", said["amount"]),
            "refund": lambda said: self.act(said, "refund", "done", -said["amount"]),
            "prepare_refund": lambda said: self.act(said, "refund", "prepared", -said["amount"]),
            "confirm_refund": self.confirm,
            "cancel_refund": self.cancel,
            "query": lambda said: self.acts.get(said["number"], {"state": "none"}),
            "balance": lambda said: {"balance": self.balances.get(said["patient"]["his_cust_id"], 0)},
            "pending_charges": lambda said: {"charges": [one for one in self.owed.values() if "paid" not in one]},
            "confirm_charge": self.charged,
            "cancel_charge": self.uncharged,
            "entries": lambda said: {"entries": [one for one in self.acts.values() if one["state"] == "done"]},
        }

    async def answer(self, request: Request) -> Response:
        act, body, said = request.path_params["act"], await request.body(), request.headers
        nonce, told = said["x-yiqiao-nonce"], said["x-yiqiao-signature"]
        expected = signature(self.key, said["x-yiqiao-timestamp"], nonce, request.url.path, body)
        if not hmac.compare_digest(expected, told):
            return Response(status_code=401)
        self.heard.append(act)
        try:
            answer = {"code": "OK", "message": "", "data": self.does[act](orjson.loads(body))}
        except No as refusal:
            answer = {"code": "Refused", "message": str(refusal)}
        if act in self.lost:
            self.lost.discard(act)
            return Response(b"<html>", 502)
        return JSONResponse(answer)

    def act(self, said: dict[str, Any], kind: str, state: str, change: int) -> dict[str, Any]:
        known = self.acts.get(said["number"])
        if known is not None and known["amount"] != said["amount"]:
            raise No("流水号已用于其他金额")
        if known is not None and known["state"] != "cancelled":
            return known
        balance = self.balances.get(said["patient"]["his_cust_id"], 0) + change
        if balance < 0:
            raise No("账户余额不足")
        self.balances[said["patient"]["his_cust_id"]] = balance
        callsn = f"H{len(self.heard)}"
        self.acts[said["number"]] = {
            "state": state,
            "kind": kind,
            "number": said["number"],
            "amount": said["amount"],
            "at": 1_795_000_000_000,
            "callsn": callsn,
            "balance": balance,
        }
        return self.acts[said["number"]]

    def confirm(self, said: dict[str, Any]) -> dict[str, Any]:
        known = self.acts.get(said["number"])
        if known is None or known["state"] == "cancelled":
            raise No("没有待确认的退款")
        known["state"] = "done"
        return known

    def cancel(self, said: dict[str, Any]) -> dict[str, Any]:
        known = self.acts.get(said["number"])
        if known is None:
            return {"callsn": "none"}
        if known["state"] != "cancelled":
            self.balances[said["patient"]["his_cust_id"]] += said["amount"]
            known["state"] = "cancelled"
        return known

    def charged(self, said: dict[str, Any]) -> dict[str, Any]:
        rows = [self.owed.get(number, {"paid": ""}) for number in said["charge_nos"]]
        if any(row.get("paid", said["number"]) != said["number"] for row in rows):
            raise No("没有这笔费用，或已缴清")
        for row in rows:
            row["paid"] = said["number"]
        return {"callsn": f"H{said['number']}"}

    def uncharged(self, said: dict[str, Any]) -> dict[str, Any]:
        for row in self.owed.values():
            if row.get("paid") == said["number"]:
                del row["paid"]
        return {"callsn": f"H{said['number']}"}
