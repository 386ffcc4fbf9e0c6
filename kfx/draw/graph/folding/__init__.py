"""Find what folds in one level of a graph: by names, by rhythm, equal neighbours, like branches, the stages of a U."""
