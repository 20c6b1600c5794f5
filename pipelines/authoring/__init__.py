"""Editing configuration files for people: exchange rates imported, tenants moved in bulk.

Only CSV files are edited; comments and rows that are not meant stay byte for byte as they are. What a
command would write is checked as a whole, in a copy, before the first file changes.
"""
