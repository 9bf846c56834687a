"""A HIS as small as one can be, which a hub is connected to: views for reading, JSON calls for acting, on PostgreSQL.

    python examples/existing_his.py postgresql://…/his 8700 KEY

docs/existing-his.md tells what each call asks and answers; existing_his.yaml maps the views of existing_his.sql. The
table yq_act is all that a HIS needs for being asked: its row commits together with what was done, so whoever asks for
an outcome waits for an act under way, learns what became of it, or files that it must not be done any more.
"""

import hmac
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from yiqiao.adapters.callback.http import signature

Body = dict[str, Any]


class Refused(Exception):
    """Named as the contract names it."""


async def lock(his: Any, body: Body) -> Body:
    take = "UPDATE his.pb SET yy = yy + 1 WHERE id = $1 AND yy < zs RETURNING yy"
    number = await his.fetchval(take, body["unit"]["schedule_id"])
    if number is None:
        raise Refused("SoldOut")
    return {"hospital_lock_id": f"S{body['serial']}", "number": str(number)}


async def order(his: Any, body: Body) -> Body:
    locked = body["hospital_lock_id"] or (await lock(his, body))["hospital_lock_id"]
    visitor, unit, no = body["visitor"], body["unit"], f"G{body['serial']}"
    values = (no, body["serial"], unit["schedule_id"], locked, visitor["name"], visitor["mobile"])
    await his.execute("INSERT INTO his.gh VALUES ($1, $2, $3, $4, $5, $6, '预约', '未付', now())", *values)
    return {"order_no": no, "order_id": body["serial"], "patient_id": f"P{visitor['mobile']}", "number": "1"}


async def not_offered(his: Any, body: Body) -> Body:
    raise Refused("NotOffered")


def changes(sets: str, where: str) -> Callable[[Any, Body], Awaitable[Body]]:
    async def change(his: Any, body: Body) -> Body:
        query = f"UPDATE his.gh SET {sets} WHERE (no = $1 OR order_id = $2) AND {where} RETURNING no, lxdh"
        row = await his.fetchrow(query, body.get("order_no"), body["serial"])
        if row is None:
            raise Refused("UnknownOrder")
        return {"order_no": row["no"], "number": "1", "patient_id": f"P{row['lxdh']}"}

    return change


ACTS = {
    "lock": lock,
    "order": order,
    "cancel": changes("zt = '取消'", "fk = '未付'"),
    "pay": changes("fk = '已付'", "zt = '预约'"),
    "refund": changes("fk = '已退', zt = '取消'", "fk = '已付'"),
}


async def once(his: Any, kind: str, body: Body) -> str:
    """Do an act, or tell what became of it: the first row of an attempt decides, whoever writes it."""
    asked = (body["kind"] if kind == "outcome" else kind, body["serial"], body["attempt"])
    new = 'INSERT INTO his.yq_act VALUES ($1, $2, $3, \'{"code": "NothingDone"}\') ON CONFLICT DO NOTHING RETURNING 1'
    if await his.fetchval(new, *asked) and kind != "outcome":
        try:
            async with his.transaction():
                answer = {"code": "OK", "data": await ACTS.get(kind, not_offered)(his, body)}
        except Refused as refused:
            answer = {"code": str(refused)}
        told = "UPDATE his.yq_act SET answer = $4 WHERE kind = $1 AND serial = $2 AND attempt = $3"
        await his.execute(told, *asked, orjson.dumps(answer).decode())
    found = "SELECT answer FROM his.yq_act WHERE kind = $1 AND serial = $2 AND attempt = $3"
    return str(await his.fetchval(found, *asked))


def application(url: str, key: str) -> Starlette:
    @asynccontextmanager
    async def opened(app: Starlette) -> AsyncIterator[None]:
        async with asyncpg.create_pool(url, min_size=1) as app.state.pool:
            yield

    async def act(request: Request) -> Response:
        raw, said = await request.body(), request.headers
        signed = (said["x-yiqiao-timestamp"], said["x-yiqiao-nonce"], request.url.path, raw)
        if not hmac.compare_digest(signature(key.encode(), *signed), said["x-yiqiao-signature"]):
            return Response(status_code=401)
        async with request.app.state.pool.acquire() as his, his.transaction():
            answer = await once(his, request.path_params["kind"], orjson.loads(raw))
        return Response(answer, media_type="application/json")  # committed by now

    return Starlette(routes=[Route("/{kind}", act, methods=["POST"])], lifespan=opened)


async def furnish(url: str) -> None:
    """Make the tables and views, once."""
    his = await asyncpg.connect(url)
    await his.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
    await his.close()


if __name__ == "__main__":
    uvicorn.run(application(sys.argv[1], sys.argv[3]), port=int(sys.argv[2]), log_level="warning")
