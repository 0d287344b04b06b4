"""The location report: which place is meant, and the forms in which its numbers are shown.

The numbers themselves are made by functions in the database; nothing here counts crashes.
"""
