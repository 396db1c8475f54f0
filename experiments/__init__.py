"""Ask questions of the model: studies of many runs, stored with what is needed to repeat them."""

from experiments import provenance as provenance  # with the model: it takes the hashes of what is loaded
