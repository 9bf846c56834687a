"""What our own hospitals tell the citizens' platform: to which address, and under whose key, the settings say."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import httpx

from yiqiao.app.settings import Settings
from yiqiao.app.store import Store
from yiqiao.dialects.convenience.client import AsyncClient
from yiqiao.dialects.convenience.functions import NAME
from yiqiao.dialects.convenience.notices import ConvenienceNotices
from yiqiao.dialects.convenience.server import path_of
from yiqiao.errors import DomainError
from yiqiao.hospital.stops.notify import NOTICE, NOTICE_BACKOFF, Notifier
from yiqiao.jobs.backoff import Backoffs
from yiqiao.jobs.job import Handler
from yiqiao.partners import Directory
from yiqiao.ports.hospital.notices import ScheduleChange
from yiqiao.sandbox import booking_platform
from yiqiao.spec import STANDARD

BACKOFFS: Backoffs = {NOTICE: NOTICE_BACKOFF}


class PlatformWithoutKey(DomainError):
    """The platform that is to be told is no partner, or has no key."""

    def __init__(self, user_id: str) -> None:
        super().__init__(f"没有用户名为 {user_id!r} 的便民平台，或它没有可用的密钥，停诊通知暂存")


@dataclass(frozen=True)
class NoticesToPartner:
    """`PlatformNotices` over the wire, signed with the key of the partner that the settings name."""

    settings: Settings
    directory: Directory
    transport: httpx.AsyncBaseTransport | None = None

    async def schedule_changed(self, change: ScheduleChange) -> None:
        """Tell the platform. Raises PlatformWithoutKey, NotAcknowledged, and what the client raises."""
        user_id = self.settings.platform_user
        partner = self.directory.find(NAME, user_id)
        if partner is None or not partner.secrets:
            raise PlatformWithoutKey(user_id)
        async with AsyncClient(
            self.settings.platform_url,
            user_id=user_id,
            secret=partner.secrets[0],
            profile=partner.profile,
            transport=self.transport,
        ) as client:
            await ConvenienceNotices(client.call).schedule_changed(change)


def handlers(store: Store) -> Mapping[str, Handler]:
    """Who sends the notices. Where no platform is set nobody does, and they wait; a sandbox's hospitals then tell the
    sandbox's own platform.
    """
    settings = store.settings
    if not settings.platform_url and settings.sandbox and settings.sandbox_hospitals:
        url = f"{settings.address}{path_of(STANDARD, 'platform')}"
        settings = replace(settings, platform_url=url, platform_user=booking_platform.USER_ID)
    if not settings.platform_url:
        return {}
    return {NOTICE: Notifier(store.database, NoticesToPartner(settings, store.directory))}
