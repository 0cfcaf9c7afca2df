"""The server behind ``make live``: ``python -m booksite.server``."""
