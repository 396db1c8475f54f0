"""Addressed draws, and the samplers made of them."""
