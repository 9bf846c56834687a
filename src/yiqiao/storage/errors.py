"""What can go wrong with the store itself, named for the callers above."""

from yiqiao.errors import DomainError


class StorageUnreachable(DomainError):
    """The database cannot be reached. A commit that was under way may have taken effect: the serial tells."""

    def __init__(self) -> None:
        super().__init__("数据库暂时无法连接，请稍后用原流水号重试；若提示流水号重复，说明上次已生效")


class StorageFailed(DomainError):
    """The database refused the work; nothing was written."""

    def __init__(self) -> None:
        super().__init__("数据操作失败，本次请求未生效，请稍后用原流水号重试，持续出现请联系平台")


class Busy(DomainError):
    """More work is waiting than the hub takes on; nothing was written."""

    def __init__(self) -> None:
        super().__init__("平台繁忙，本次请求未受理，请稍后用原流水号重试")
