"""Small pictures of what is stored, as PNG. They know numbers and places, and neither the database nor Dagster."""
