"""What holds for all tables: the migrations make them, and their keys include the column that spreads them."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import ForeignKeyConstraint, PrimaryKeyConstraint, Table, UniqueConstraint

from yiqiao.storage import open_database
from yiqiao.storage.migrate import SCRIPTS, current, newest, revisions, upgrade
from yiqiao.storage.tables import metadata

# By which column a sharded PostgreSQL spreads a table; a table that is small is on every node.
SPREAD_BY = {
    "person": "person_id",
    "health_card": "person_id",
    "card_registration": "app_id",
    "card_use": "app_id",
    "card_closing": "app_id",
    "card_consent": "app_id",
    "desk_operator": "app_id",
    "person_change": "app_id",
    "person_photo": "person_id",
    "partner": "app_id",
    "partner_key": "app_id",
    "partner_terminal": "app_id",
    "launch": "app_id",
    "launch_note": "patient_key",
    "partner_slip": "app_id",
    "journal": "chain",
    "hospital": "hospital_id",
    "department": "hospital_id",
    "doctor": "hospital_id",
    "doctor_photo": "hospital_id",
    "schedule": "hospital_id",
    "time_slot": "hospital_id",
    "slot_pool": "hospital_id",
    "price_item": "hospital_id",
    "stop": "hospital_id",
    "patient": "hospital_id",
    "patient_card": "hospital_id",
    "queue_line": "hospital_id",
    "queue_entry": "hospital_id",
    "clinical_record": "hospital_id",
    "patient_password": "hospital_id",
    "ledger_entry": "hospital_id",
    "deposit": "hospital_id",
    "inpatient_charge": "hospital_id",
    "admission": "hospital_id",
    "bill_payment": "hospital_id",
    "bill_line": "hospital_id",
    "bill": "hospital_id",
    "slot_lock": "hospital_id",
    "registration_order": "hospital_id",
    "concession": "hospital_id",
    "insured_identity": "hospital_id",
    "callback_act": "hospital_id",
    "appointment": "person_id",
    "appointment_event": "person_id",
    "appointment_push": "hospital_id",
    "attachment": "app_id",
    "attachment_upload": "app_id",
    "attachment_name": "app_id",
    "upload_row": "app_id",
    "reconciliation": "hospital_id",
    "charge": "person_id",
    "charge_event": "person_id",
    "remote_hospital": "hospital_id",
    "catalogue_entry": "hospital_id",
    "catalogue_change": "hospital_id",
    "catalogue_look": "hospital_id",
    "family_member": "person_id",
    "patient_link": "person_id",
    "link_attempt": "person_id",
    "desk_order": "order_no",
    "desk_payout": "order_no",
    "pay_merchant": "merchant_id",
    "pay_trade": "merchant_id",
    "pay_attempt": "merchant_id",
    "pay_refund": "merchant_id",
    "pay_event": "merchant_id",
    "pay_account": "merchant_id",
    "pay_transfer": "merchant_id",
    "pay_closing": "merchant_id",
    "pay_balance": "merchant_id",
    "pay_ledger": "merchant_id",
    "pay_report": "merchant_id",
    "ins_settlement": "merchant_id",
    "ins_charge": "merchant_id",
    "ins_event": "merchant_id",
    "ins_finding": "merchant_id",
    "message_id": "app_id",
    "supervision_institution": "app_id",
    "supervision_binding": "app_id",
    "supervision_batch": "app_id",
    "supervision_refusal": "app_id",
    "supervision_page": "app_id",
    "supervision_record": "app_id",
    "supervision_wanted": "app_id",
    "supervision_arrived": "app_id",
    "supervision_total": "app_id",
    "supervision_intake": "app_id",
    "supervision_review": "app_id",
    "supervision_finding": "app_id",
    "reading_choice": "token_digest",
    "journal_bundle": "chain",
    "journal_chain": "chain",
    "journal_checkpoint": "chain",
    "journal_key": "chain",
    "journal_mark": "chain",
}
EVERYWHERE = {
    "job",
    "key_check",
    "launch_session",
    "operator",
    "operator_session",
    "operator_audit",
    "partner_version",
    "sandbox_centre",
    "sandbox_centre_line",
    "sandbox_centre_message",
    "sandbox_centre_settlement",
    "sandbox_centre_share",
    "sandbox_centre_visit",
    "sandbox_centre_year",
    "sandbox_agreement",
    "sandbox_channel",
    "sandbox_charged",
    "sandbox_fault",
    "sandbox_his_account",
    "sandbox_his_charge",
    "sandbox_his_entry",
    "sandbox_his_settled",
    "sandbox_insured",
    "sandbox_message",
    "sandbox_mischief",
    "sandbox_movement",
    "sandbox_notice",
    "sandbox_order",
    "sandbox_order_refund",
    "sandbox_reader",
    "sandbox_refund",
    "sandbox_state",
    "sandbox_trade",
    "sandbox_trade_never",
    "sandbox_voucher",
}


def test_every_table_has_its_place() -> None:
    assert SPREAD_BY.keys() | EVERYWHERE == set(metadata.tables)


@pytest.mark.parametrize("name", SPREAD_BY)
def test_unique_and_foreign_keys_include_the_column_that_spreads_the_table(name: str) -> None:
    table = metadata.tables[name]
    for columns in unique_keys(table):
        assert SPREAD_BY[name] in columns, f"{name}: {columns}"
    for constraint in table.constraints:
        if isinstance(constraint, ForeignKeyConstraint):
            assert SPREAD_BY[name] in {column.name for column in constraint.columns}


def unique_keys(table: Table) -> list[set[str]]:
    keys = [
        {column.name for column in constraint.columns}
        for constraint in table.constraints
        if isinstance(constraint, PrimaryKeyConstraint | UniqueConstraint)
    ]
    return keys + [{column.name for column in index.columns} for index in table.indexes if index.unique]


async def test_the_migrations_make_exactly_these_tables_from_empty(database_url: str) -> None:
    assert await current(database_url) is None
    await upgrade(database_url)
    assert await current(database_url) == newest()
    database = await open_database(database_url)
    try:
        differences = await database.write(
            lambda connection: compare_metadata(MigrationContext.configure(connection), metadata)
        )
    finally:
        await database.close()
    assert differences == []


async def test_upgrading_twice_changes_nothing(database_url: str) -> None:
    await upgrade(database_url)
    await upgrade(database_url)
    assert await current(database_url) == newest()


def test_what_the_migrations_say_of_themselves_is_what_alembic_reads_in_them() -> None:
    config = Config()
    config.set_main_option("script_location", SCRIPTS)
    scripts = ScriptDirectory.from_config(config)
    assert newest() == scripts.get_current_head()
    assert revisions() == {script.revision for script in scripts.walk_revisions()}
