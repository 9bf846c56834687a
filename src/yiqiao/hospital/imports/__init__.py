"""The way the data of a hospital that is kept here gets in: sheets in CSV, a table each."""
