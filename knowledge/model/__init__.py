"""The language model, where one is set: it rewrites, reranks and words answers; it never decides."""
