"""A linear classifier: weights from a file, probabilities, and the words that weighed most. Needs numpy alone."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from knowledge.classify.features import features
from knowledge.language.terms import canonical
from knowledge.types import Line

LONGEST_QUOTE = 30  # characters
_CLAUSE = re.compile(r"[^,，。！!？?；;\n]+[!！?？]*")

Spelling = Callable[[str], str]
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Weights:
    """What was learnt. `groups` says which labels exclude each other: a label alone in its group is yes or no.

    A weight is `steps` (a whole number from -127 to 127) times `scale` of its label. `digest` names the training data.
    """

    labels: tuple[str, ...]
    groups: tuple[str, ...]
    vocabulary: tuple[str, ...]
    rarity: NDArray[np.float16]  # of each feature: rare ones tell more
    steps: NDArray[np.int8]  # features × labels
    scale: Floats
    bias: Floats
    digest: str

    def save(self, path: Path) -> None:
        """Writes a compressed .npz, the same bytes for the same weights."""
        np.savez_compressed(
            path,
            labels=_packed(self.labels),
            groups=_packed(self.groups),
            vocabulary=_packed(self.vocabulary),
            rarity=self.rarity,
            steps=self.steps,
            scale=self.scale,
            bias=self.bias,
            digest=_packed((self.digest,)),
        )

    @classmethod
    def load(cls, path: Path) -> "Weights":
        """Raises OSError or ValueError where `path` holds no weights."""
        with np.load(path, allow_pickle=False) as kept:
            return cls(
                labels=_unpacked(kept["labels"]),
                groups=_unpacked(kept["groups"]),
                vocabulary=_unpacked(kept["vocabulary"]),
                rarity=kept["rarity"],
                steps=kept["steps"],
                scale=kept["scale"],
                bias=kept["bias"],
                digest=_unpacked(kept["digest"])[0],
            )


@dataclass(frozen=True, slots=True)
class Judged:
    """One text judged: the probability of each label, and how much each of its features weighed for each label."""

    chances: Mapping[str, float]
    known: tuple[tuple[str, str], ...]  # feature, the words it was made from
    pulls: Floats  # features × labels
    labels: tuple[str, ...]

    def best(self, among: Sequence[str]) -> str:
        """The likeliest of these labels."""
        return max(among, key=lambda label: self.chances[label])

    def weighed(self, label: str, most: int = 5) -> tuple[tuple[str, float], ...]:
        """The features that spoke most for `label`, strongest first, each with its pull."""
        pulls = self.pulls[:, self.labels.index(label)]
        return tuple((self.known[at][0], float(pulls[at])) for at in np.argsort(-pulls)[:most] if pulls[at] > 0)

    def quote(self, text: str, label: str, spell: Spelling = canonical) -> str:
        """The clause of `text` that spoke most for `label`, at most `LONGEST_QUOTE` characters; "" for none."""
        pulls = self.pulls[:, self.labels.index(label)]
        words = [(words, float(pull)) for (_, words), pull in zip(self.known, pulls, strict=True) if words]
        clauses = [found.group().strip() for found in _CLAUSE.finditer(text)]
        return max((clause for clause in clauses if clause), key=lambda one: _pull(spell(one), words), default="")[
            :LONGEST_QUOTE
        ]


class Classifier:
    """Judges texts by weights. Holds nothing that changes, so it is safe to use from threads."""

    def __init__(self, weights: Weights, spell: Spelling = canonical) -> None:
        self.labels = weights.labels
        self.digest = weights.digest
        self._spell = spell
        self._places = {feature: place for place, feature in enumerate(weights.vocabulary)}
        self._rarity = weights.rarity
        self._steps = weights.steps
        self._scale = weights.scale
        self._bias = weights.bias
        self._groups = [
            [place for place, group in enumerate(weights.groups) if group == name]
            for name in dict.fromkeys(weights.groups)
        ]

    def judge(self, text: str, history: Sequence[Line] = ()) -> Judged:
        """`text` after `history` (oldest first). Pure; well under a millisecond for a text of 100 characters."""
        found = features(text, history, self._spell)
        known = [(feature, place) for feature in found if (place := self._places.get(feature)) is not None]
        places = np.fromiter((place for _, place in known), np.intp, len(known))
        sizes = self._rarity[places].astype(np.float32)
        length = float(np.sqrt(sizes @ sizes)) or 1.0
        pulls = self._steps[places] * (sizes / length)[:, None] * self._scale
        shares = self._shares(pulls.sum(axis=0) + self._bias)
        return Judged(
            dict(zip(self.labels, map(float, shares), strict=True)),
            tuple((feature, found[feature]) for feature, _ in known),
            pulls,
            self.labels,
        )

    def _shares(self, scores: Floats) -> Floats:
        """A label alone is yes or no; of several in one group the shares sum to 1."""
        shares = 1 / (1 + np.exp(-scores.clip(-30, 30)))
        for group in self._groups:
            if len(group) > 1:
                shares[group] /= shares[group].sum()
        return np.asarray(shares, np.float32)


@cache
def classifier(name: str, spell: Spelling = canonical) -> Classifier:
    """The classifier that came with this release under `name`: mood, intent or danger; read once."""
    return Classifier(Weights.load(Path(str(files("knowledge.classify").joinpath("weights", f"{name}.npz")))), spell)


def _pull(clause: str, words: Sequence[tuple[str, float]]) -> float:
    return sum(pull for word, pull in words if all(part in clause for part in word.strip("^$").split() or ("^",)))


def _packed(texts: Sequence[str]) -> NDArray[np.uint8]:
    return np.frombuffer("\n".join(texts).encode(), np.uint8)


def _unpacked(packed: NDArray[np.uint8]) -> tuple[str, ...]:
    return tuple(packed.tobytes().decode().split("\n"))
