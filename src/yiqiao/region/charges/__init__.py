"""What citizens pay a hospital through the platform beside appointments: outpatients' bills, an inpatient's deposit."""
