"""Rendered clips for training: how they are drawn, and how they reach it."""
