"""Read results: outcomes, paired effects, sensitivity, attribution, displacement, costs, detection."""
