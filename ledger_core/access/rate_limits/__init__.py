"""How often somebody may ask: counted in windows of time, at the same cost whatever the rate."""
