"""What parameters buy: chances and least stakes, computed exactly."""

from .tables import Row, report

__all__ = ["Row", "report"]
