"""The marts that are counted from `crash_facts`: what they count, which of it is new, and the statements that refresh.

Each mart is a function that takes a connection outside a transaction, brings its table up to date in one transaction,
and says what the table has become. What a statement does is told in its file under `sql`.
"""
