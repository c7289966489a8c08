"""Reward rules: found, guarded, and held to the properties that no rule may break."""

from .held import Held, Violation
from .loading import Loaded, load_rule, standard
from .suite import Fault, Report, check_rule

__all__ = ["Fault", "Held", "Loaded", "Report", "Violation", "check_rule", "load_rule", "standard"]
