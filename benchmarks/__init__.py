"""Speed and memory, as ratios in one run: `just benchmark`."""
