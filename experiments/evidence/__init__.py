"""The published record and how a run is seen through it: observation layer, statistics, targets."""
