"""Bought, Not Sold: hear what pushes in a seller's line, and learn to invite instead."""

__version__ = "0.1.0"
