"""Designs: factors, their levels, and the tables of points."""
