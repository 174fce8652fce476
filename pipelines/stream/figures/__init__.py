"""Figures of a live run: frames and latency, stability, and how long no frame has come."""
