"""What runs when: jobs, schedules, sensors, and launching days from the command line."""
