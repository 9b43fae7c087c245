"""Learns what `knowledge.search` decides by, and writes it to `knowledge/search/weights/`: `python -m bench fit`.

- `meaning.npz`: see `bench.fit.meaning`;
- `ranking.json`: the order of passages; `evidence.json`: whether the best one answers;
- `following.json`: whether a second message goes on about what was quoted, see `bench.fit.following`.

Learns from the labelled questions in bench/labelled/, over the sample guides and over small libraries of other brands,
and, ranking and evidence only, from tests/evaluation/dev.jsonl and the second library beside it; never from test.jsonl,
fresh.jsonl or unseen/. Vectors and second messages of a small library are judged by what the others taught; order and
gate by folds of guides, so a little kindly. A question that the library answers is also one that it does not answer,
asked without the guides that do.

`labelled` is what is learnt from, `asking` what is found for it, `descent` how weights are learnt, `command` the whole.
"""
