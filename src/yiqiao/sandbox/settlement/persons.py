"""Whom the centre settles for: found by their number, and only where all that is stated about them agrees."""

from yiqiao.ports.insurance_centre import CentreUnreachable
from yiqiao.ports.insurance_settlement import CentreRefused, Visitor
from yiqiao.ports.insured import NotInsured
from yiqiao.sandbox.insurance import NORMAL, Cover, covers_by_number
from yiqiao.sandbox.insurance_centre import account_of
from yiqiao.sandbox.settlement.benefits import Benefits
from yiqiao.sandbox.settlement.reckoning import Standing
from yiqiao.storage.sandbox_reading import INSURED, InsuredRow
from yiqiao.storage.shelves import Book

_IDENTITY_CARD = "01"
_DISABLED = "03"


def stated(table: Benefits, who: Visitor) -> Cover:
    """Whom a message is for. Raises CentreRefused where it contradicts what is on file, CentreUnreachable for those
    about whom nobody answers.
    """
    known_at(table, who.institution)
    cover = covers_by_number().get(who.psn_no)
    if cover is None:
        raise CentreRefused("医保中心没有该人员编号，请重新读卡")
    if cover.silent:
        raise CentreUnreachable
    if (who.certificate_type, who.certificate_no.upper()) != (_IDENTITY_CARD, cover.who.id_no):
        raise CentreRefused("人员编号与证件不一致，请重新读卡")
    if who.name != cover.who.name:
        raise CentreRefused("姓名与参保登记不一致，请核对")
    if (who.kind, who.insured_area) != (cover.present.kind, cover.present.area):
        raise CentreRefused("险种或参保地与参保登记不一致，请重新读卡")
    return cover


def known_at(table: Benefits, institution: str) -> None:
    """Raises CentreRefused for an institution that has no contract."""
    if institution not in table.institutions:
        raise CentreRefused("该机构不是定点医药机构，请核对机构编号")


def held(book: Book, cover: Cover) -> InsuredRow:
    """Somebody's account, held until the transaction ends: what happens to one person happens one by one."""
    return book.add(INSURED, account_of(cover))


def account(book: Book, cover: Cover) -> InsuredRow:
    """Somebody's account, to look at."""
    return book.get(INSURED, cover.psn_no) or account_of(cover)


def paying(row: InsuredRow) -> None:
    """Raises NotInsured where somebody's insurance does not pay at present."""
    if row.status != NORMAL:
        raise NotInsured("参保状态异常：已暂停参保，请按自费办理，或到医保窗口核实")


def standing(table: Benefits, cover: Cover) -> Standing:
    """Who somebody is to the table. Raises CentreRefused where that has nothing for them."""
    scheme = table.scheme(cover.present.kind, cover.present.person_kind)
    if scheme is None:
        raise CentreRefused("该险种没有门诊待遇，请按自费办理")
    disability = next((one.level or "" for one in cover.identities if one.kind == _DISABLED), "")
    return Standing(scheme, cover.present.civil_servant, disability)
