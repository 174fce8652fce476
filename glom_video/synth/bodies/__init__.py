"""Animated, textured bodies of 0 A.D.'s data as clips with exact truth."""
