import socket

import numpy as np
import pytest

from knowledge.embeddings.embedding import HASHED_SIZE, embedder
from knowledge.embeddings.vectors import Vectors, VectorsFailed, VectorsLocked

embed = embedder("", "", "", "").embed_documents
TEXTS = ["真皮沙发怎么清洁", "宝宝辅食什么时候加", "退货运费谁出"]


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "vectors" / "one"
    Vectors.create(path, embed(TEXTS))
    return path


def test_the_nearest_text_comes_first_with_its_similarity(folder):
    vectors = Vectors.open(folder)
    try:
        found = vectors.search(embed(["宝宝辅食"])[0], 3)
        assert found[0][0] == 1
        assert vectors.search(embed([TEXTS[2]])[0], 1) == [(2, pytest.approx(1.0, abs=1e-4))]
        assert vectors.search(embed(["😀"])[0], 3) == []
    finally:
        vectors.close()


def test_only_one_client_may_have_a_folder_open(folder):
    first = Vectors.open(folder)
    with pytest.raises(VectorsLocked):
        Vectors.open(folder)
    first.close()
    Vectors.open(folder).close()


def test_a_locked_folder_can_be_read_through_a_private_copy(folder):
    first = Vectors.open(folder)
    copy = Vectors.open_copy(folder)
    assert copy.search(embed(["退货"])[0], 1)[0][0] == 2
    copy.close()
    assert first.count() == 3
    first.close()


@pytest.mark.parametrize("garbage", [b"", b"junk" * 4000])
def test_garbage_in_the_folder_is_an_error_of_ours_and_lets_go_of_the_lock(folder, garbage):
    for path in folder.rglob("*"):
        if path.is_file():
            path.write_bytes(garbage)
    for _ in range(2):  # the second time would find the lock held
        with pytest.raises(VectorsFailed) as caught:
            Vectors.open(folder)
        assert not isinstance(caught.value, VectorsLocked)


def test_a_folder_whose_vectors_alone_are_broken_fails_its_probe(tmp_path):
    rows = np.random.default_rng(1).normal(size=(1200, HASHED_SIZE)).astype(np.float32)
    Vectors.create(tmp_path / "many", rows)  # enough for Chroma to move them from its log into its vector files
    Vectors.open_proven(tmp_path / "many", 1200).close()
    for path in (tmp_path / "many").glob("*/*.bin"):
        path.write_bytes(b"junk" * 4000)
    for _ in range(2):
        with pytest.raises(VectorsFailed) as caught:
            Vectors.open_proven(tmp_path / "many", 1200)
        assert not isinstance(caught.value, VectorsLocked)


def test_a_folder_with_fewer_vectors_than_passages_fails_its_probe(folder):
    with pytest.raises(VectorsFailed):
        Vectors.open_proven(folder, 4)


def test_a_missing_folder_is_an_error_and_is_not_made(tmp_path):
    with pytest.raises(VectorsFailed):
        Vectors.open(tmp_path / "nothing")
    assert not (tmp_path / "nothing").exists()


def test_after_closing_a_search_finds_nothing_and_closing_again_is_fine(folder):
    vectors = Vectors.open(folder)
    vectors.close()
    vectors.close()
    assert vectors.search(embed(TEXTS)[0], 1) == []


def test_writing_and_searching_never_touch_the_network(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: asked.append(args) or [])
    monkeypatch.setattr(socket.socket, "connect", lambda self, address: asked.append(address))
    Vectors.create(tmp_path / "v", embed(TEXTS))
    vectors = Vectors.open(tmp_path / "v")
    vectors.search(embed(["沙发"])[0], 2)
    vectors.close()
    assert asked == []


def test_chroma_cannot_embed_by_itself(folder):
    vectors = Vectors.open(folder)
    with pytest.raises(VectorsFailed):
        vectors._collection.add(ids=["x"], documents=["没有向量的文字"])
    vectors.close()
