"""One row per crash with everything the marts count: `crash_facts`."""
