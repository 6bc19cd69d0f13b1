"""The database: engine, transactions, column types, schema, clock."""
