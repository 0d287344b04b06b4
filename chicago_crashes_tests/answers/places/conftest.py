"""The database of this room: that of the tables' tests, emptied for each test."""

from chicago_crashes_tests.emptied_database import db, shared_database

__all__ = ["db", "shared_database"]
