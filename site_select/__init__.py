"""Where should a shared-logistics milk run start? From survey to decision, room by room.

A room is loaded when it is first asked for, so that ``import site_select as ss`` stays quick.
"""

from importlib import import_module
from types import ModuleType

import pandas as pd

__all__ = [
    "ahp", "answers", "appraisal", "assessment", "backtests", "ballots", "benefits",
    "brief_figures", "briefs", "chains", "challenges", "coherence", "collecting", "comparison",
    "confidentiality", "consolidation", "cost_figures", "costings", "crosschecks",
    "decision_figures", "decision_files", "decision_tables", "demand", "disruption", "economics",
    "errors", "estimates", "evaluations", "exposures", "fares", "figures", "findings", "flips",
    "flow_maps", "forms", "freight", "gates", "geography", "goods", "hubs", "information",
    "infrastructure", "kpis", "lanes", "letters", "listings", "live", "lookalikes", "maps",
    "messages", "milkrun", "multiverse", "national", "networks", "notices", "parallel",
    "parameters", "pilot", "programme_figures", "programmes", "proof", "records", "replenishment",
    "report", "resilience", "responses", "restricted", "returns", "robustness", "rollout",
    "rollout_figures", "rollout_model", "rollout_plans", "routing", "runs", "savings", "scenarios",
    "scoring", "screening", "sending", "sharing", "stability", "stability_figures", "study",
    "summaries", "survey", "sweeps", "tables", "valuation", "verdicts", "weighting",
]  # fmt: skip

# Text is kept the same way whether pyarrow is installed or not: equal bytes on every machine.
pd.options.mode.string_storage = "python"


def __getattr__(name: str) -> ModuleType:
    """Load a room by its name."""
    if name in __all__:
        return import_module(f"site_select.{name}")
    raise AttributeError(f"site_select has no room {name!r}; there are {', '.join(__all__)}")


def __dir__() -> list[str]:
    """Name the rooms, for completion."""
    return __all__
