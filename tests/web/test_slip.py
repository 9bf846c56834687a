"""A partner comes for its secret: once, by a link that expires."""

import re
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from yiqiao.partners import slips, store
from yiqiao.partners.slips import SlipGone, SlipUnfit


def issued(client: TestClient, app_id: str, valid_s: int = 3600) -> tuple[str, str]:
    """A link's path, and the secret that it should show."""
    runtime = client.app.state.runtime  # type: ignore[attr-defined]
    now = runtime.clock.now_ms()

    async def file() -> tuple[str, str]:
        new = store.NewPartner("cmc", app_id, "云桥软件")
        secret = await runtime.directory.change(lambda c: store.add(c, runtime.keyring, now, new))
        token, _ = await runtime.database.write(lambda c: slips.issue(c, now, "cmc", app_id, valid_s))
        return f"{slips.PATH}/{token}", secret

    assert client.portal is not None
    found: tuple[str, str] = client.portal.call(file)
    return found


def test_looking_does_not_use_the_link_up_and_opening_does(stranger: TestClient) -> None:
    path, secret = issued(stranger, "slip-once")
    for _ in range(2):  # a mail scanner and the engineer
        page = stranger.get(path)
        assert page.status_code == 200
        assert secret not in page.text
        assert "云桥软件" in page.text
    assert secret in stranger.post(path).text
    assert stranger.get(path).status_code == 410
    again = stranger.post(path)
    assert again.status_code == 410
    assert secret not in again.text


def test_a_newer_link_ends_the_older_one(stranger: TestClient) -> None:
    path, secret = issued(stranger, "slip-newer")
    runtime = stranger.app.state.runtime  # type: ignore[attr-defined]

    async def newer() -> str:
        now = runtime.clock.now_ms()
        token, _ = await runtime.database.write(lambda c: slips.issue(c, now, "cmc", "slip-newer"))
        return f"{slips.PATH}/{token}"

    assert stranger.portal is not None
    second: str = stranger.portal.call(newer)
    assert stranger.post(path).status_code == 410
    assert secret in stranger.post(second).text


def test_a_link_expires_and_cannot_be_made_for_ever(stranger: TestClient) -> None:
    runtime = stranger.app.state.runtime  # type: ignore[attr-defined]

    async def late() -> None:
        now = runtime.clock.now_ms()
        with pytest.raises(SlipUnfit):
            await runtime.database.write(lambda c: slips.issue(c, now, "cmc", "slip-late", 10**9))
        token, until = await runtime.database.write(lambda c: slips.issue(c, now, "cmc", "slip-late", 60))
        assert timedelta(milliseconds=until - now) == timedelta(minutes=1)
        with pytest.raises(SlipGone):
            await runtime.database.write(lambda c: slips.open_(c, runtime.keyring, until, token, ""))

    issued(stranger, "slip-late")
    assert stranger.portal is not None
    stranger.portal.call(late)


def test_an_invented_link_leads_nowhere(stranger: TestClient) -> None:
    answer = stranger.get(f"{slips.PATH}/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")
    assert answer.status_code == 410
    assert re.search("失效", answer.text)
