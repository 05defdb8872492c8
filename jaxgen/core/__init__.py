"""What everything stands on: names of array types, trees, checks, skeletons."""
