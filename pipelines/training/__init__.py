"""The parts of a training run: config, checkpoint, team of processes, precision, display, journal,
validation."""
