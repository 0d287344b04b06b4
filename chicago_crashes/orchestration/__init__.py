"""What knows how Dagster works: its storage, resources, partitions, runs, logs, and what it is told of days."""
