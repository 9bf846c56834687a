"""All tables, one module a subject, in one MetaData.

Times are epoch milliseconds (UTC), money would be integer 分, text is text, and what is personal is a sealed blob with
blind indexes beside it. Rows of a person are keyed by `person_id`, rows of a partner by `app_id`, rows of a hospital's
own system by `hospital_id`: the columns by which a sharded PostgreSQL spreads them, so every unique and foreign key
includes that column.
"""

from yiqiao.storage.tables import (
    appointments,
    billing,
    booking,
    callback,
    cards,
    catalogue,
    charges,
    clinical,
    consents,
    desk_orders,
    family,
    hospital,
    hub,
    jobs,
    journal,
    launches,
    message_ids,
    operators,
    partners,
    patient_links,
    patients,
    payments,
    reading,
    remote_hospitals,
    sandbox,
    sandbox_payments,
    sandbox_reading,
    slips,
    synced,
)
from yiqiao.storage.tables.metadata import metadata

__all__ = [
    "appointments",
    "billing",
    "booking",
    "callback",
    "cards",
    "catalogue",
    "charges",
    "clinical",
    "consents",
    "desk_orders",
    "family",
    "hospital",
    "hub",
    "jobs",
    "journal",
    "launches",
    "message_ids",
    "metadata",
    "operators",
    "partners",
    "patient_links",
    "patients",
    "payments",
    "reading",
    "remote_hospitals",
    "sandbox",
    "sandbox_payments",
    "sandbox_reading",
    "slips",
    "synced",
]
