"""Vectors on a Chroma server that several machines share: written once, and never needed for an answer."""

import threading
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from knowledge.embeddings import remote
from knowledge.embeddings.embedding import HASHED_SIZE, HashedEmbedder
from knowledge.embeddings.places import OnServer, place_of
from knowledge.embeddings.remote import PREFIX, RemoteVectors, Server, private
from knowledge.embeddings.vectors import VectorsAway, VectorsFailed
from knowledge.indexing import generation
from knowledge.indexing.adding import Thrift
from knowledge.indexing.index import build
from knowledge.library import Library
from tests.knowledge.chroma_server import ChromaProcess, deaf, free_port

TODAY = date(2026, 11, 21)
ROWS = np.random.default_rng(1).normal(size=(2300, 16)).astype(np.float32)


@pytest.fixture(scope="module")
def chroma(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChromaProcess]:
    process = ChromaProcess(tmp_path_factory.mktemp("server") / "data")
    process.start()
    yield process
    process.end()


@pytest.fixture
def server(chroma: ChromaProcess) -> Iterator[Server]:
    """The running server, with nothing of ours on it."""
    found = Server(chroma.url, patience=1.0)
    yield found
    for name in collections(found):
        found.remove(name)


@pytest.fixture
def place(server: Server) -> OnServer:
    return OnServer(server)


def collections(server: Server) -> list[str]:
    return sorted(one["name"] for one in server.ask("GET", f"{remote._COLLECTIONS}?limit=100"))


class Counting(HashedEmbedder):
    asked = 0

    def embed_documents(self, texts):
        type(self).asked += 1
        return super().embed_documents(texts)


def near(library: Library) -> bool:
    return bool(library._nearness.find("小客厅沙发", 3))


def eventually(condition) -> None:
    until = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.05)


# ---- a library


def test_a_library_finds_the_same_with_a_folder_and_with_a_server(guides, tmp_path, place):
    build(guides, tmp_path / "one", tmp_path / "chroma")
    built = build(guides, tmp_path / "two", place)
    assert built.vectors_ok, built.vectors_reason
    assert not (tmp_path / "two" / "chroma").exists()
    folder, there = Library.open(tmp_path / "one", tmp_path / "chroma"), Library.open(tmp_path / "two", place)
    assert there.vectors_ok
    for question in ("小客厅沙发", "宝宝什么时候吃辅食", "退货"):
        ours, theirs = (one._nearness.find(question, 5) for one in (there, folder))
        assert ours[0][0] == theirs[0][0]
        assert [near for _, near in ours] == pytest.approx([near for _, near in theirs], abs=1e-4)
    folder.close()
    there.close()


def test_a_second_machine_uses_what_the_first_one_wrote(guides, tmp_path, server, place):
    Counting.asked = 0
    build(guides, tmp_path / "one", place, embedder=Counting())
    build(guides, tmp_path / "two", place, embedder=Counting())
    assert len(collections(server)) == 1
    assert Counting.asked == 1
    library = Library.open(tmp_path / "two", place, embedder=lambda _: Counting())
    assert near(library)
    library.close()


def test_unchanged_guides_make_no_new_generation_and_an_added_one_shares_the_collection(
    guides, tmp_path, server, place, write_guide
):
    first = build(guides, tmp_path / "index", place)
    assert build(guides, tmp_path / "index", place).generation == first.generation
    write_guide(guides, "new.md", "阳台花架怎么选", "阳台花架选防腐木的。")
    added = build(guides, tmp_path / "index", place, thrift=Thrift(least=1, large=9, most=9))
    assert added.generation != first.generation
    assert len(collections(server)) == 1
    library = Library.open(tmp_path / "index", place)
    assert (
        library._nearness.find("阳台花架", 1)[0][0]
        >= generation.load_manifest(tmp_path / "index" / added.generation).in_base
    )
    library.close()


@pytest.mark.parametrize("way", ["folder to server", "server to folder"])
def test_other_vectors_in_the_settings_are_a_reason_to_build_anew(guides, tmp_path, place, way):
    before, after = (tmp_path / "chroma", place) if way == "folder to server" else (place, tmp_path / "chroma")
    build(guides, tmp_path / "index", before)
    library = Library.open(tmp_path / "index", after)
    assert (library.vectors_ok, library.needs_rebuild) == (False, True)
    library.close()
    assert build(guides, tmp_path / "index", after).vectors_ok
    library = Library.open(tmp_path / "index", after)
    assert near(library)
    library.close()


# ---- a server that is not there


def test_a_library_answers_while_the_server_is_away_and_uses_it_again_when_it_is_back(guides, tmp_path, monkeypatch):
    monkeypatch.setattr(remote, "REST_SECONDS", 0.2)
    process = ChromaProcess(tmp_path / "data")
    process.start()
    try:
        place = place_of(process.url)
        build(guides, tmp_path / "index", place)
        library = Library.open(tmp_path / "index", place)
        assert near(library)
        process.kill()
        assert not near(library)
        assert not library.vectors_ok
        assert (library.needs_rebuild, library.missed_server) == (False, False)
        assert library.search("小客厅沙发", TODAY)
        again = Library.open(tmp_path / "index", place)  # a process that starts meanwhile
        assert not again.vectors_ok
        process.start()
        eventually(lambda: near(library) and near(again))
        assert library.vectors_ok
        assert again.vectors_ok
        library.close()
        again.close()
    finally:
        process.end()


def test_an_outage_lasts_until_the_server_answers_and_is_seen_without_a_question(guides, tmp_path, monkeypatch):
    monkeypatch.setattr(remote, "REST_SECONDS", 0.0)  # a rest that is over brings no server back
    process = ChromaProcess(tmp_path / "data")
    process.start()
    try:
        place = place_of(process.url)
        build(guides, tmp_path / "index", place)
        library = Library.open(tmp_path / "index", place)
        seen = []
        for happens in (lambda: None, process.kill, lambda: None, process.start):
            happens()
            library.look_at_vectors()
            seen.append(library.vectors_ok)
        assert seen == [True, False, False, True]
        library.close()
    finally:
        process.end()


def test_an_index_built_without_the_server_says_so_and_wants_to_be_built_again(guides, tmp_path, place):
    nowhere = place_of(f"http://127.0.0.1:{free_port()}")
    built = build(guides, tmp_path / "index", nowhere)
    assert not built.vectors_ok
    assert "没有应答" in built.vectors_reason
    library = Library.open(tmp_path / "index", nowhere)
    assert library.search("小客厅沙发", TODAY)
    assert (library.missed_server, library.needs_rebuild) == (True, False)
    library.close()
    assert build(guides, tmp_path / "index", place).vectors_ok


def test_a_server_that_says_nothing_costs_a_question_a_second_and_the_next_ones_nothing(guides, tmp_path, place):
    build(guides, tmp_path / "index", place)
    with deaf() as address:
        silent = place_of(address)
        vectors = RemoteVectors(Server(address), "fencun-x", 3)
        began = time.monotonic()
        with pytest.raises(VectorsAway):
            vectors.search(np.ones(HASHED_SIZE, np.float32), 3)
        assert time.monotonic() - began < remote.SEARCH_SECONDS + 0.5
        began = time.monotonic()
        for _ in range(20):
            with pytest.raises(VectorsAway):
                vectors.search(np.ones(HASHED_SIZE, np.float32), 3)
        assert time.monotonic() - began < 0.2
        vectors.close()
        assert not silent.answers()


# ---- builders


def test_two_builders_at_once_write_one_collection(server):
    other = Server(f"http://{server.where}", patience=20.0)
    builders = [threading.Thread(target=other.write, args=(f"{PREFIX}both", ROWS)) for _ in range(3)]
    for each in builders:
        each.start()
    for each in builders:
        each.join()
    found = server.find(f"{PREFIX}both")
    assert server.sound(found, len(ROWS))
    assert collections(server) == [f"{PREFIX}both"]


def test_a_half_built_collection_is_not_used_and_is_built_again(server, place):
    id_ = server._begin(f"{PREFIX}half", ROWS)
    server._add(id_, 0, ROWS[:1000])
    assert place.size(f"{PREFIX}half", len(ROWS)) == 0
    unready = place.open("000001-aaaaaaaa", f"{PREFIX}half", len(ROWS))
    with pytest.raises(VectorsAway):
        unready.search(ROWS[0], 1)
    server.write(f"{PREFIX}half", ROWS)
    assert server.find(f"{PREFIX}half")["id"] != id_
    assert server.count(server.find(f"{PREFIX}half")["id"]) == len(ROWS)
    unready.close()


def test_a_complete_collection_that_lost_rows_is_built_again(server, place):
    server.write(f"{PREFIX}lost", ROWS)
    id_ = server.find(f"{PREFIX}lost")["id"]
    server.ask("POST", f"{remote._COLLECTIONS}/{id_}/delete", {"ids": ["5"]})
    with pytest.raises(VectorsFailed):
        place.open("000001-aaaaaaaa", f"{PREFIX}lost", len(ROWS))
    server.write(f"{PREFIX}lost", ROWS)
    found = place.open("000001-aaaaaaaa", f"{PREFIX}lost", len(ROWS))
    assert found.search(ROWS[5], 1) == [(5, pytest.approx(1.0, abs=1e-4))]
    found.close()


def test_a_collection_that_was_removed_asks_for_a_rebuild_and_one_written_anew_is_found(
    guides, tmp_path, server, place
):
    build(guides, tmp_path / "index", place)
    library = Library.open(tmp_path / "index", place)
    assert near(library)
    [name] = collections(server)
    server.remove(name)
    build(guides, tmp_path / "other machine", place)
    assert near(library)
    server.remove(name)
    assert not near(library)
    assert library.needs_rebuild
    library.close()
    assert build(guides, tmp_path / "index", place).fresh


# ---- old collections


def test_only_collections_of_ours_that_nobody_has_used_for_a_week_are_removed(guides, tmp_path, server, place):
    old = server.now() - remote.UNUSED_SECONDS - 60
    for name, used in {f"{PREFIX}old": old, f"{PREFIX}recent": old + 120, "somebody-elses": old}.items():
        server.write(name, ROWS[:5])
        server.mark(server.find(name)["id"], {"state": "complete", "size": 16, "used": used})
    server._begin(f"{PREFIX}building", ROWS)
    build(guides, tmp_path / "index", place)
    left = collections(server)
    assert f"{PREFIX}old" not in left
    assert {f"{PREFIX}recent", f"{PREFIX}building", "somebody-elses"} < set(left)


def test_what_this_machine_may_still_open_is_kept_and_use_is_noted(guides, tmp_path, server, place, write_guide):
    build(guides, tmp_path / "index", place)
    [name] = collections(server)
    found = server.find(name)
    server.mark(found["id"], {**found["metadata"], "used": 1.0})
    write_guide(guides, "new.md", "新的一篇", "新的内容。")
    build(guides, tmp_path / "index", place)
    assert len(collections(server)) == 2
    place.open("000001-aaaaaaaa", name, int(found["metadata"]["rows"])).close()
    assert server.now() - server.find(name)["metadata"]["used"] < 60


# ---- addresses


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.1.2.3", "192.168.0.9", "172.16.5.4", "::1", "fd00::1", "::ffff:10.0.0.1"]
)
def test_addresses_of_a_private_network_are_spoken_to(address):
    assert private(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "172.32.0.1", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_others_are_not(address):
    assert not private(address)


def test_a_name_with_a_public_address_is_refused_with_a_clear_sentence_before_anything_is_sent(
    guides, tmp_path, monkeypatch
):
    def resolve(*_, **__):
        return [(2, 1, 6, "", ("10.0.0.1", 8000)), (2, 1, 6, "", ("93.184.216.34", 8000))]

    monkeypatch.setattr(remote.socket, "getaddrinfo", resolve)
    monkeypatch.setattr(remote, "HTTPConnection", lambda *_, **__: pytest.fail("spoke to it"))
    built = build(guides, tmp_path / "index", place_of("http://vectors.example.com:8000"))
    assert not built.vectors_ok
    assert "公网地址" in built.vectors_reason


def test_what_is_no_chroma_is_an_error_of_ours(tmp_path: Path):
    with pytest.raises(VectorsAway):
        Server(f"http://127.0.0.1:{free_port()}").now()
