"""People whom the insurance centre does not know: they are told as what was read says.

Their 人员编号 must not be empty: it is ZF (自费) and twenty digits, the same for the same certificate and with no way
back to it.
"""

from collections.abc import Mapping

from yiqiao.crypto.keyring import Keyring
from yiqiao.ports.card_platform import CardHolder
from yiqiao.ports.card_reader import Presented
from yiqiao.ports.hospital_cards import CardOwner
from yiqiao.ports.insurance_centre import InsuredPerson

IDENTITY_CARD = "01"
OTHER = "99"
UNSTATED = "9"
"""Sex: 未说明."""
_UNINSURED = "ZF"
_CERTIFICATES: Mapping[str, str] = {
    "01": IDENTITY_CARD,
    "02": IDENTITY_CARD,  # the household register shows the same number
    "04": "02",
    "06": "04",
    "07": "06",
    "A1": "17",
    "A2": "17",
    "A3": "07",
}
"""The card platform's certificate types as the insurance's (ehc_id_type to psn_cert_type). Passports are not told
apart by country there, so they are among the others, as driving licences and birth certificates are.
"""
_MACAU_PERMIT = "05"


def certificate_type_of(id_type: str, id_no: str) -> str:
    """The insurance's type of a certificate that the card platform tells."""
    if id_type == "06" and id_no[:1].upper() == "M":  # permits of Macau residents begin so, those of Hong Kong with H
        return _MACAU_PERMIT
    return _CERTIFICATES.get(id_type, OTHER)


def of_document(keyring: Keyring, read: Presented) -> InsuredPerson:
    """Whom an identity card (or a face that belongs to one) shows."""
    return _uninsured(keyring, IDENTITY_CARD, read.certificate_no, read.name, read.sex, read.nation, read.birthday)


def of_holder(keyring: Keyring, holder: CardHolder) -> InsuredPerson:
    """A health card's holder."""
    kind = certificate_type_of(holder.id_type, holder.id_no)
    birthday = _day(holder.values.get("birthday", ""))
    nation = holder.values.get("nation", "")
    return _uninsured(keyring, kind, holder.id_no, holder.user_name, holder.user_sex, nation, birthday)


def of_owner(keyring: Keyring, owner: CardOwner) -> InsuredPerson:
    """Whom a hospital gave a card to."""
    return _uninsured(keyring, owner.certificate_type, owner.certificate_no, owner.name, owner.sex, "", owner.birthday)


def number_of(keyring: Keyring, certificate_type: str, certificate_no: str) -> str:
    """人员编号 of somebody whom the centre does not know."""
    blind = keyring.blind("uninsured person", f"{certificate_type}|{certificate_no.upper()}")
    return f"{_UNINSURED}{blind & 0xFFFF_FFFF_FFFF_FFFF:020}"


def _uninsured(
    keyring: Keyring, kind: str, number: str, name: str, sex: str, nation: str, birthday: str
) -> InsuredPerson:
    return InsuredPerson(
        psn_no=number_of(keyring, kind, number),
        certificate_type=kind,
        certificate_no=number,
        name=name,
        sex=sex or UNSTATED,
        nation=nation or None,
        birthday=birthday or None,
    )


def _day(text: str) -> str:
    """yyyyMMdd as yyyy-MM-dd; as it is where it is neither empty nor so."""
    return f"{text[:4]}-{text[4:6]}-{text[6:]}" if len(text) == 8 else text
