"""Fit the model to the published record: screening, ABC-SMC, recovery of known parameters, rival structures."""

from experiments.calibration.posterior import Posterior, load_posterior

__all__ = ["Posterior", "load_posterior"]
