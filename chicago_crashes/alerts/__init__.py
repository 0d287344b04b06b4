"""What people must be told: incidents, kept once in the database and told once to every channel. Nothing of Dagster."""
