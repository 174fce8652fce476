"""Drawn pictures as video files: mp4 with sound, gif and WebM."""
