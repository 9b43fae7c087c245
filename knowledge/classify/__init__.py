"""Small linear text classifiers: no model download, weights in the repository, every decision with its words."""
