"""The callback crypto against official, community and derived vectors, an independent implementation, and noise."""

import base64
import hashlib
import json
import struct
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st
from wechatpy.work.crypto import WeChatCrypto

from bot.wecom.crypto import (
    Crypto,
    Forged,
    Malformed,
    echostr_of_query,
    encrypted_of_json,
    encrypted_of_xml,
    json_envelope,
    xml_envelope,
)
from bot.wecom.safe_xml import read_xml

VECTORS = json.loads((Path(__file__).parents[2] / "data" / "crypto-vectors.json").read_text(encoding="utf-8"))
BY_NAME = {vector["name"]: vector for vector in VECTORS["vectors"]}
KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
CORP = "ww1234567890abcdef"
OURS = Crypto("tok3n", KEY, CORP)


def opened(vector: dict[str, Any]) -> str:
    crypto = Crypto(vector["token"], vector["encoding_aes_key"], vector["receiveid"])
    return crypto.open(vector["msg_signature"], vector["timestamp"], vector["nonce"], vector["encrypt"])


def signed(plaintext: bytes, *, pad: bytes | None = None) -> tuple[str, str, str, str]:
    """What somebody who knows the token could send: any plaintext, with any padding."""
    raw = base64.b64decode(KEY + "=")
    if pad is None:
        count = 32 - len(plaintext) % 32
        pad = bytes([count]) * count
    encryptor = Cipher(algorithms.AES(raw), modes.CBC(raw[:16])).encryptor()
    encrypted = base64.b64encode(encryptor.update(plaintext + pad) + encryptor.finalize()).decode()
    return signature_of(encrypted), "1", "n", encrypted


def signature_of(encrypted: str) -> str:
    return hashlib.sha1("".join(sorted(("tok3n", "1", "n", encrypted))).encode()).hexdigest()


@pytest.mark.parametrize("name", BY_NAME)
def test_every_vector_opens_to_its_plaintext(name: str) -> None:
    assert opened(BY_NAME[name]) == BY_NAME[name]["plaintext"]


@pytest.mark.parametrize("name", BY_NAME)
def test_sealing_a_vector_again_with_its_random_bytes_gives_it_bit_for_bit(name: str) -> None:
    vector = BY_NAME[name]
    crypto = Crypto(vector["token"], vector["encoding_aes_key"], vector["receiveid"])
    sealed = crypto.seal(
        vector["plaintext"], int(vector["timestamp"]), vector["nonce"], random16=vector["random16"].encode()
    )
    assert (sealed.encrypt, sealed.signature) == (vector["encrypt"], vector["msg_signature"])


@pytest.mark.parametrize("negative", VECTORS["negative"], ids=lambda each: each["name"])
def test_a_changed_vector_is_refused(negative: dict[str, Any]) -> None:
    expected = Malformed if negative["name"] == "wrong-receiveid" else Forged
    with pytest.raises(expected):
        opened(BY_NAME[negative["from"]] | negative["change"])


def test_a_plus_of_the_echostr_that_became_a_space_is_put_back() -> None:
    [negative] = [each for each in VECTORS["negative"] if each["name"] == "plus-as-space"]
    vector = BY_NAME[negative["from"]]
    assert opened(vector | {"encrypt": echostr_of_query(negative["change"]["encrypt"])}) == vector["plaintext"]


@pytest.mark.parametrize("name", ["bot-callback-text", "bot-reply-stream"])
def test_the_encrypted_text_is_found_in_a_bot_body(name: str) -> None:
    assert encrypted_of_json(BY_NAME[name]["http_body"].encode()) == BY_NAME[name]["encrypt"]


def test_the_json_envelope_has_the_four_keys_of_the_document() -> None:
    vector = BY_NAME["bot-reply-stream"]
    crypto = Crypto(vector["token"], vector["encoding_aes_key"], "")
    sealed = crypto.seal(vector["plaintext"], 1700000002, vector["nonce"], random16=vector["random16"].encode())
    assert json.loads(json_envelope(sealed)) == json.loads(vector["http_body"])


@pytest.mark.parametrize("key", ["", KEY[:-1], KEY + "A", KEY[:-1] + "=", KEY[:-1] + "+", KEY + "\n"])
def test_a_key_that_is_no_key_is_refused_without_being_shown(key: str) -> None:
    with pytest.raises(ValueError, match="43") as caught:
        Crypto("tok3n", key, CORP)
    assert not key.strip() or key.strip() not in str(caught.value)


@given(st.text(st.characters(exclude_categories=["Cs"])), st.text(max_size=12), st.integers(0, 2**40))
def test_what_is_sealed_opens_again(text: str, nonce: str, timestamp: int) -> None:
    sealed = OURS.seal(text, timestamp, nonce)
    assert OURS.open(sealed.signature, str(timestamp), nonce, sealed.encrypt) == text


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1), st.integers(1, 2**40))
def test_an_independent_implementation_agrees_both_ways(text: str, timestamp: int) -> None:
    """wechatpy is the oracle: what we seal it opens, what it seals we open."""
    oracle = WeChatCrypto("tok3n", KEY, CORP)
    sealed = OURS.seal(text, timestamp, "n0nce")
    assert oracle.decrypt_message(xml_envelope(sealed), sealed.signature, str(timestamp), "n0nce") == text
    theirs = oracle.encrypt_message(text, "n0nce", str(timestamp)).encode()
    signature = theirs.partition(b"<MsgSignature><![CDATA[")[2][:40].decode()
    assert OURS.open(signature, str(timestamp), "n0nce", encrypted_of_xml(theirs)) == text


FRAME = b"r" * 16 + struct.pack(">I", 2) + b"hi" + CORP.encode()


@pytest.mark.parametrize(
    ("plaintext", "pad"),
    [
        (FRAME, b"\x01" * (32 - len(FRAME) % 32 - 1) + bytes([32 - len(FRAME) % 32])),  # only the last byte is right
        (FRAME, bytes(32 - len(FRAME) % 32)),  # pad length 0
        (FRAME, bytes([200]) * (32 - len(FRAME) % 32)),
        (b"", None),
        (b"r" * 17, None),
        (b"r" * 16 + struct.pack(">I", 2**32 - 1) + b"hi" + CORP.encode(), None),
        (b"r" * 16 + struct.pack(">I", 2) + b"\xff\xfe" + CORP.encode(), None),
        (b"r" * 16 + struct.pack(">I", 2) + b"hi", None),  # no receiver
        (b"r" * 16 + struct.pack(">I", 2) + b"hi" + b"wwsomebodyelse", None),
    ],
)
def test_a_signed_but_broken_plaintext_is_malformed(plaintext: bytes, pad: bytes | None) -> None:
    with pytest.raises(Malformed):
        OURS.open(*signed(plaintext, pad=pad))


def test_a_signed_and_whole_plaintext_opens() -> None:
    assert OURS.open(*signed(FRAME)) == "hi"


@pytest.mark.parametrize("change", ["!{}", "{}!", "{} ", "{}\n", "{}===="])
def test_base64_is_read_strictly(change: str) -> None:
    encrypted = change.format(signed(FRAME)[3])
    with pytest.raises(Malformed):
        OURS.open(signature_of(encrypted), "1", "n", encrypted)


@given(st.text(), st.text(), st.text(), st.text())
def test_noise_is_forged(signature: str, timestamp: str, nonce: str, encrypted: str) -> None:
    with pytest.raises(Forged):
        OURS.open(signature, timestamp, nonce, encrypted)


@given(st.text(st.characters(exclude_categories=["Cs"])) | st.binary().map(lambda raw: base64.b64encode(raw).decode()))
def test_signed_noise_is_malformed(encrypted: str) -> None:
    with pytest.raises(Malformed):
        OURS.open(signature_of(encrypted), "1", "n", encrypted)


@given(st.binary())
def test_no_body_raises_anything_but_malformed(body: bytes) -> None:
    for read in (encrypted_of_xml, encrypted_of_json):
        with pytest.raises(Malformed):
            read(body)


BOMB = b'<!DOCTYPE xml [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><xml><Encrypt>&b;</Encrypt></xml>'


@pytest.mark.parametrize(
    "body",
    [
        BOMB,
        BOMB.decode().encode("utf-16"),
        b"<!DOCTYPE xml><xml><Encrypt>a</Encrypt></xml>",
        b'<!DOCTYPE xml SYSTEM "file:///etc/passwd"><xml><Encrypt>a</Encrypt></xml>',
        b"<xml><Encrypt>&other;</Encrypt></xml>",
        b"<xml><Encrypt></Encrypt></xml>",
        b"<xml><Encrypt><a>1</a></Encrypt></xml>",
        b"<xml><Encrypt>a</Encrypt><Encrypt>b</Encrypt></xml>",
        b"<xml>text</xml>",
        b"<other><Encrypt>a</Encrypt></other>",
        b"<xml><Encrypt>a</Encrypt>" + b"<a>" * 100_000 + b"</a>" * 100_000 + b"</xml>",
    ],
)
def test_odd_xml_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        encrypted_of_xml(body)


@pytest.mark.parametrize("body", [b"[]", b'{"encrypt":1}', b'{"encrypt":""}', b'"encrypt"', b"[" * 200_000])
def test_odd_json_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        encrypted_of_json(body)


def test_a_nonce_cannot_break_out_of_the_xml_envelope() -> None:
    sealed = OURS.seal("hi", 1, "a]]></Nonce><Evil>1</Evil><Nonce><![CDATA[")
    read = read_xml(xml_envelope(sealed))
    assert read["Nonce"] == sealed.nonce
    assert set(read) == {"Encrypt", "MsgSignature", "TimeStamp", "Nonce"}


def test_a_broken_surrogate_is_replaced_and_does_not_stop_the_answer() -> None:
    sealed = OURS.seal("a\ud800b", 1, "n")
    assert OURS.open(sealed.signature, "1", "n", sealed.encrypt) == "a?b"
