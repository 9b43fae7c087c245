"""Vectors from a sentence model in a folder of this machine, through ONNX. Nothing is ever downloaded."""

import json
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from knowledge.embeddings.embedding import EmbeddingFailed, Rows, proven

BATCH = 16  # texts of one run
LONGEST = 512  # tokens of a text that are read
EXTRA = "local-embedding"
FILES = ("model.onnx", "tokenizer.json")


class LocalEmbedder:
    """Loads the model at its first text. Safe between threads."""

    def __init__(self, folder: str, *, size: int | None = None) -> None:
        self._folder = Path(folder)
        self.name = f"local:{self._folder.name}"
        self.size = size
        self._model: SentenceModel | None = None
        self._loading = Lock()

    def embed_documents(self, texts: Sequence[str]) -> Rows:
        model = self._loaded()
        found = [model.embed(texts[start : start + BATCH]) for start in range(0, len(texts), BATCH)]
        rows = proven(np.concatenate(found) if found else np.zeros((0, self.size or 1)), len(texts), self.size)
        self.size = int(rows.shape[1])
        return rows

    def embed_query(self, text: str) -> Rows:
        return np.asarray(self.embed_documents([text])[0], dtype=np.float32)

    def _loaded(self) -> "SentenceModel":
        with self._loading:
            if self._model is None:
                self._model = load(self._folder)
            return self._model


class SentenceModel:
    """An ONNX session with its tokenizer. `first` takes the first token's vector (BGE), else the mean of all."""

    def __init__(self, session: Any, tokenizer: Any, *, first: bool) -> None:
        self._session = session
        self._tokenizer = tokenizer
        self._first = first
        self._wanted = [one.name for one in session.get_inputs()]

    def embed(self, texts: Sequence[str]) -> Rows:
        """One row per text, not yet normalised."""
        encoded = self._tokenizer.encode_batch(list(texts))
        given = {
            "input_ids": np.array([one.ids for one in encoded], dtype=np.int64),
            "attention_mask": np.array([one.attention_mask for one in encoded], dtype=np.int64),
            "token_type_ids": np.array([one.type_ids for one in encoded], dtype=np.int64),
        }
        try:
            output = self._session.run(None, {name: given[name] for name in self._wanted})[0]
        except Exception as error:
            raise EmbeddingFailed(f"本机的向量模型运行出错（{type(error).__name__}）。") from error
        return pooled(np.asarray(output, dtype=np.float32), given["attention_mask"], first=self._first)


def pooled(output: Rows, mask: Any, *, first: bool) -> Rows:
    """Token vectors (texts × tokens × dimension) → one vector per text; sentence vectors stay as they are."""
    if output.ndim == 2:
        return output
    if first:
        return np.asarray(output[:, 0], dtype=np.float32)
    weights = mask[:, :, None].astype(np.float32)
    return np.asarray((output * weights).sum(axis=1) / np.maximum(weights.sum(axis=1), 1), dtype=np.float32)


def load(folder: Path) -> SentenceModel:
    """The model in `folder`. Raises EmbeddingFailed with what is missing."""
    runtime, tokenizers = _libraries()
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        raise EmbeddingFailed(
            f"{folder} 里缺少 {'、'.join(missing)}，请把 knowledge.embedding_model 指到模型的文件夹。"
        )
    try:
        tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
        tokenizer.enable_truncation(LONGEST)
        tokenizer.enable_padding()
        session = runtime.InferenceSession(str(folder / "model.onnx"), providers=["CPUExecutionProvider"])
        return SentenceModel(session, tokenizer, first=takes_first(folder))
    except Exception as error:
        raise EmbeddingFailed(f"{folder} 里的模型打不开（{type(error).__name__}）。") from error


def _libraries() -> tuple[Any, Any]:
    try:
        return import_module("onnxruntime"), import_module("tokenizers")
    except ImportError as error:
        raise EmbeddingFailed(
            f"本机向量模型需要可选组件，请安装 fencun[{EXTRA}]（onnxruntime 和 tokenizers）。"
        ) from error


def takes_first(folder: Path) -> bool:
    """What the folder of a sentence-transformers model says about pooling; the mean where it says nothing."""
    try:
        said = json.loads((folder / "1_Pooling" / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(said, Mapping) and bool(said.get("pooling_mode_cls_token"))
