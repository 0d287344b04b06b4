"""What is answered from the tables: places, facts, marts, hot spots and the report, each with its SQL."""
