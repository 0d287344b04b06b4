"""Keeping the platform well: status, doctor, housekeeping, alert sensors, the reference pages."""
