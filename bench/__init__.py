"""Speed, measured as ratios within one run: these machines are shared and noisy, so seconds mean little."""
