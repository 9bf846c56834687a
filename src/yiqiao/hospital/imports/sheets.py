"""All sheets of an import, in the order in which they are filed: what a row names comes before it."""

from collections.abc import Mapping, Sequence

from yiqiao.hospital.imports.billing_sheets import ADMISSIONS, BILLS, INPATIENT_CHARGES
from yiqiao.hospital.imports.catalogue_sheets import DEPARTMENTS, DOCTORS, HOSPITAL, PRICES
from yiqiao.hospital.imports.checkup_sheets import CHECKUPS
from yiqiao.hospital.imports.concession_sheet import CONCESSIONS
from yiqiao.hospital.imports.patient_sheets import CARDS, PATIENTS
from yiqiao.hospital.imports.prescription_sheets import PRESCRIPTIONS
from yiqiao.hospital.imports.report_sheets import EXAM_REPORTS, LAB_REPORTS
from yiqiao.hospital.imports.schedule_sheets import POOLS, SCHEDULES, TIME_SLOTS
from yiqiao.hospital.imports.sheet import Layout, Sheet

SHEETS: Sequence[Sheet] = (
    HOSPITAL,
    DEPARTMENTS,
    DOCTORS,
    SCHEDULES,
    TIME_SLOTS,
    POOLS,
    PRICES,
    CONCESSIONS,
    PATIENTS,
    CARDS,
    BILLS,
    ADMISSIONS,
    INPATIENT_CHARGES,
    LAB_REPORTS,
    EXAM_REPORTS,
    CHECKUPS,
    PRESCRIPTIONS,
)
BY_NAME: Mapping[str, Sheet] = {sheet.name: sheet for sheet in SHEETS}
LAYOUTS: Mapping[str, Layout] = {one.name: one for sheet in SHEETS for one in sheet.layouts}
"""Every file by its name, the details of a sheet behind it."""
