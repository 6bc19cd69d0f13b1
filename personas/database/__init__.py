"""The database: engine, transactions, types, the schema at start, the clock."""
