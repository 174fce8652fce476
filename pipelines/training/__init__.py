"""The parts of a training run: config, checkpoint, process group, precision, display, journal,
validation."""
