"""Accounts: their table, e-mails and passwords."""
