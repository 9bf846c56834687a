"""Why a hospital refuses: each named once, with words that may be shown to a patient."""

from yiqiao.errors import DomainError, Repeated


class UnknownDepartment(DomainError):
    """The hospital has no such department."""

    def __init__(self, message: str = "科室不存在，请重新选择科室") -> None:
        super().__init__(message)


class UnknownDoctor(DomainError):
    """The hospital has no such doctor, or none of them is on duty there."""

    def __init__(self, message: str = "医生不存在，请重新选择医生") -> None:
        super().__init__(message)


class UnknownSchedule(DomainError):
    """No such schedule, or it does not go with the department, doctor, day or session that were named."""

    def __init__(self, message: str = "排班不存在，请重新查询排班") -> None:
        super().__init__(message)


class UnknownTimeSlot(DomainError):
    """The schedule has no such time slot; or it has slots and none was named."""

    def __init__(self, message: str = "分时号源不存在，请重新查询分时") -> None:
        super().__init__(message)


class ScheduleStopped(DomainError):
    """The session was called off (停诊)."""

    def __init__(self, message: str = "该排班已停诊，请选择其他时间") -> None:
        super().__init__(message)


class SoldOut(DomainError):
    """No unit is left."""

    def __init__(self, message: str = "该排班的号已满，请选择其他时间或医生") -> None:
        super().__init__(message)


class SlotTaken(DomainError):
    """The very unit that was asked for is somebody else's."""

    def __init__(self, message: str = "所选的号已被占用，请重新选择") -> None:
        super().__init__(message)


class RuleViolated(DomainError):
    """A rule of the hospital for booking; the message says which, to the patient."""


class DepartmentRuleViolated(DomainError):
    """A rule of the department (sex, age); the message says which, to the patient."""


class UnknownLock(DomainError):
    """No such lock stands: it never did, was released, has lapsed, or an order was made of it."""

    def __init__(self, message: str = "没有这个锁号，或它已解除、已过期、已下单") -> None:
        super().__init__(message)


class UnknownOrder(DomainError):
    """The hospital has no such order."""

    def __init__(self, message: str = "挂号订单不存在，请核对订单号") -> None:
        super().__init__(message)


class OrderPaid(DomainError):
    """The order is paid: it can be refunded, not cancelled."""

    def __init__(self, message: str = "挂号订单已支付，不能直接取消，请办理退费") -> None:
        super().__init__(message)


class OrderClosed(DomainError):
    """The order is over: the visit took place, or its day is past."""

    def __init__(self, message: str = "挂号订单已关闭，已就诊或已过就诊日期") -> None:
        super().__init__(message)


class OrderRefunded(DomainError):
    """The order was paid and its money given back."""

    def __init__(self, message: str = "挂号订单已退款") -> None:
        super().__init__(message)


class UnknownPatient(DomainError):
    """The hospital has no record of such a patient."""

    def __init__(self, message: str = "医院没有该患者的档案，请核对患者信息") -> None:
        super().__init__(message)


class PatientNotCreated(DomainError):
    """No record could be created; the message says why."""


class SeveralArchives(DomainError):
    """The patient has several records, and which one is meant cannot be told."""

    def __init__(self, message: str = "院内有多份用户档案，请携带证件到医院窗口合并后再办理") -> None:
        super().__init__(message)


class IdentityMismatch(DomainError):
    """Name or certificate do not go with the hospital's record."""

    def __init__(self, message: str = "就诊人身份信息与医院档案不一致，请核对姓名与证件") -> None:
        super().__init__(message)


class CardMismatch(DomainError):
    """The card does not go with the hospital's record."""

    def __init__(self, message: str = "用户卡信息与医院档案不一致，请核对卡类型与卡号") -> None:
        super().__init__(message)


class NoSuchRecord(DomainError):
    """Nothing on file answers to what was asked for."""

    def __init__(self, message: str = "没有符合条件的记录") -> None:
        super().__init__(message)


class TransactionFailed(DomainError):
    """An act failed for a reason of its own; the message says which."""


class TooManyRecords(DomainError):
    """More than one answer can hold: nothing is left out in silence."""

    def __init__(self, most: int) -> None:
        super().__init__(f"符合条件的记录超过 {most} 条，请缩小日期范围后再查")


class UnknownBill(DomainError):
    """A prescription that the hospital does not know for this patient."""

    def __init__(self, message: str = "没有这张处方的待缴费用，请重新查询待缴费") -> None:
        super().__init__(message)


class BillSettled(DomainError):
    """A prescription that was paid already, under another order; or that is to be settled at the window."""

    def __init__(self, message: str = "该处方的费用已缴清，请勿重复缴费") -> None:
        super().__init__(message)


class AmountMismatch(DomainError):
    """The amount is not what the bills come to, to the 分."""

    def __init__(self, due: int, stated: int) -> None:
        super().__init__(
            f"金额不符：应缴 {due // 100}.{due % 100:02} 元，收到 {stated // 100}.{stated % 100:02} 元，请重新查询"
        )


class CodeMissing(DomainError):
    """The insurer wants the code that it has sent to the patient."""

    def __init__(self, message: str = "医保要求验证码，请填写手机收到的医保验证码后再缴费") -> None:
        super().__init__(message)


class RefundMismatch(DomainError):
    """What is stated beside the order does not go with the payment."""

    def __init__(self, message: str = "退费信息与缴费记录不一致，请核对病人、处方与单据号") -> None:
        super().__init__(message)


class DuplicateSerial(Repeated):
    """The caller has used this serial before; nothing was done again."""


class NotOffered(DomainError):
    """The hospital's own system does not do this, or does not show it."""

    def __init__(self, message: str = "医院未开通此项服务，请到医院窗口办理") -> None:
        super().__init__(message)


class HospitalUnreachable(DomainError):
    """The hospital's own system cannot be reached; nothing was done."""

    def __init__(self, message: str = "医院系统暂时无法连接，本次请求未受理，请稍后再试") -> None:
        super().__init__(message)


class OutcomeUnknown(DomainError):
    """The hospital's own system did not answer an act: it may have been done, and is being asked."""

    def __init__(self, message: str = "医院系统没有应答，办理结果正在确认，请勿重复提交，稍后查询") -> None:
        super().__init__(message)


class HospitalMisconfigured(DomainError):
    """The hospital's own system does not take our calls as they are: user, key, rights or form; nothing was done, and
    only those who connect the two can mend it.
    """

    def __init__(self, message: str = "平台与医院系统的对接配置有误，暂时不能办理，请联系平台客服") -> None:
        super().__init__(message)
