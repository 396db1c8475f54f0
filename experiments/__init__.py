"""Ask questions of the model: studies of many runs, stored with what is needed to repeat them."""

from experiments.ensemble import provenance as provenance
