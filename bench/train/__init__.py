"""Trains the classifiers of `knowledge.classify` from the labelled rows in bench/labelled: `python -m bench train`."""
