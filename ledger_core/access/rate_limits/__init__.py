"""Rate limits: requests are counted in windows of time, at the same cost for every rate."""
