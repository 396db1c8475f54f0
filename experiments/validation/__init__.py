"""Judge the model on what it was not fitted to: predictions, scores, nulls, experiments of history."""
