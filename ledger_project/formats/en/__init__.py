"""English, with dates in the order of ISO 8601."""
