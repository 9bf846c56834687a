"""Guardians (监护人), in the fields of a region that asks for them when a child is registered.

The standard lists certificates that children have (居民户口簿, 出生医学证明) and no field for who answers for them; the
profile `guardians` adds such fields. Under any other profile nothing of this is in a message.
"""

from yiqiao.clock import beijing
from yiqiao.exchange.dialect import Call, Values
from yiqiao.exchange.request import Request
from yiqiao.region.identity import certificates
from yiqiao.region.identity.certificates import Certificate
from yiqiao.region.identity.person import Guardian
from yiqiao.spec import Fault, Invalid


def stated(request: Request, call: Call, ward: Certificate | None = None) -> Guardian | None:
    """The guardian that a request names; None where it names none. `ward` is whom the guardian answers for.

    Raises Invalid for half a certificate, for a certificate without a name, and for somebody's being their own
    guardian; IdentityNumberInvalid.
    """
    name = request.maybe("guardian_name")
    id_type, id_no = request.maybe("guardian_id_type"), request.maybe("guardian_id_no")
    given = {"guardian_name": name, "guardian_id_type": id_type, "guardian_id_no": id_no}
    others = [id_type, id_no, request.maybe("guardian_phone"), request.maybe("guardian_relation")]
    needed = [
        *(["guardian_name"] if any(others) else []),
        *(["guardian_id_type", "guardian_id_no"] if id_type or id_no else []),
    ]
    faults = [
        Fault(field, "conditional", "填写监护人时必填，证件类型与证件号须一并填写")
        for field in needed
        if not given[field]
    ]
    if faults:
        raise Invalid(tuple(faults))
    if name is None:
        return None
    certificate = certificates.parse(id_type, id_no, beijing(call.at).date()) if id_type and id_no else None
    if certificate is not None and certificate == ward:
        raise Invalid((Fault("guardian_id_no", "certificate", "监护人不能是本人，请填写监护人自己的证件"),))
    return Guardian(name, request.maybe("guardian_phone"), certificate, request.maybe("guardian_relation"))


def told(guardian: Guardian | None) -> Values:
    """A guardian in the profile's fields."""
    if guardian is None:
        return {}
    certificate = guardian.certificate
    return {
        "guardian_name": guardian.name,
        "guardian_phone": guardian.mobile_phone,
        "guardian_id_type": certificate.id_type if certificate else None,
        "guardian_id_no": certificate.id_no if certificate else None,
        "guardian_relation": guardian.relation,
    }
