"""How often somebody may ask: counted in windows of the clock, at the same cost whatever the rate."""
