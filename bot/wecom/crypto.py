"""WeCom's callback crypto (documents 90968, 101033): sign, encrypt, and the two envelopes around it.

AES-256-CBC with the IV taken from the key and PKCS#7 padding to 32 bytes, on `cryptography`. wechatpy has this layer
too and is only the oracle of the tests: it compares signatures with `!=`, reads just the last padding byte, decodes
base64 leniently, draws its 16 random bytes from a non-secret generator, and fails with half a dozen exceptions.
"""

import base64
import binascii
import hashlib
import hmac
import json
import re
import secrets
import struct
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from bot.wecom.safe_json import read_json
from bot.wecom.safe_xml import Malformed, read_xml

__all__ = [
    "Crypto",
    "Forged",
    "Malformed",
    "Sealed",
    "echostr_of_query",
    "encrypted_of_json",
    "encrypted_of_xml",
    "json_envelope",
    "xml_envelope",
]

BLOCK = 32  # bytes; WeCom pads to its key size, not to the AES block
_FRAME = 16 + 4  # bytes in front of the message: random, then the message's length


class Forged(Exception):
    """The signature is not ours: nobody who knows the token sent this."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """An encrypted text with what its envelope carries. `timestamp` is in Unix seconds."""

    encrypt: str
    signature: str
    timestamp: int
    nonce: str


class Crypto:
    """The crypto of one callback URL.

    `receive_id` is the corp id for apps, kf and contact events, and "" for an AI bot made inside the company.
    Raises ValueError for an encoding_aes_key that cannot be one; the message does not show it.
    """

    def __init__(self, token: str, encoding_aes_key: str, receive_id: str) -> None:
        if not re.fullmatch(r"[A-Za-z0-9]{43}", encoding_aes_key):
            raise ValueError(
                f"EncodingAESKey must be exactly 43 letters and digits; this one has {len(encoding_aes_key)} characters"
            )
        self._token = token
        # Lenient on purpose: the last of the 43 characters may carry bits that mean nothing.
        self._key = base64.b64decode(encoding_aes_key + "=")
        self._receive_id = receive_id.encode()

    def open(self, signature: str, timestamp: str, nonce: str, encrypted: str) -> str:
        """The text inside `encrypted`. Raises Forged for a wrong signature, Malformed for all else."""
        expected = self._signature(timestamp, nonce, encrypted)
        if not hmac.compare_digest(expected.encode(), _bytes(signature)):
            raise Forged("the signature does not match")
        framed = _decrypt(self._key, _strict_base64(encrypted))
        if len(framed) < _FRAME:
            raise Malformed("the plaintext is too short")
        (length,) = struct.unpack(">I", framed[16:_FRAME])
        end = _FRAME + length
        if end > len(framed):
            raise Malformed("the length field points outside the plaintext")
        if not hmac.compare_digest(framed[end:], self._receive_id):
            raise Malformed("this was meant for another receiver")
        return _utf8(framed[_FRAME:end])

    def seal(self, text: str, timestamp: int, nonce: str, random16: bytes | None = None) -> Sealed:
        """Encrypt and sign `text`. `random16` is for tests; else 16 secret-grade random bytes go in front."""
        body, salt = text.encode("utf-8", "replace"), secrets.token_bytes(16) if random16 is None else random16
        if len(salt) != 16:
            raise ValueError("random16 must be 16 bytes")
        framed = salt + struct.pack(">I", len(body)) + body + self._receive_id
        pad = BLOCK - len(framed) % BLOCK
        encryptor = _cipher(self._key).encryptor()
        encrypted = encryptor.update(framed + bytes([pad]) * pad) + encryptor.finalize()
        encoded = base64.b64encode(encrypted).decode()
        return Sealed(encoded, self._signature(str(timestamp), nonce, encoded), timestamp, nonce)

    def _signature(self, timestamp: str, nonce: str, encrypted: str) -> str:
        parts = sorted((self._token, timestamp, nonce, encrypted))
        return hashlib.sha1(_bytes("".join(parts)), usedforsecurity=False).hexdigest()


def _bytes(text: str) -> bytes:
    """UTF-8, also of what a query decoder left half decoded: such a text must be refused, not raise."""
    return text.encode("utf-8", "surrogatepass")


def _utf8(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise Malformed("the text is not UTF-8") from error


def _strict_base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Malformed("the encrypted text is not base64") from error


def _cipher(key: bytes) -> Cipher[modes.CBC]:
    return Cipher(algorithms.AES(key), modes.CBC(key[:16]))


def _decrypt(key: bytes, ciphertext: bytes) -> bytes:
    """Decrypt and unpad by hand: the library's unpadder stops at 16 bytes, WeCom pads up to 32."""
    if not ciphertext or len(ciphertext) % BLOCK:
        raise Malformed("the ciphertext is not a whole number of blocks")
    decryptor = _cipher(key).decryptor()
    padded = decryptor.update(ciphertext) + decryptor.finalize()
    pad = padded[-1]
    if not 1 <= pad <= BLOCK or padded[-pad:] != bytes([pad]) * pad:
        raise Malformed("the padding is wrong")
    return padded[:-pad]


def echostr_of_query(value: str) -> str:
    """The echostr of a URL verification: a '+' that came un-encoded was read as a space, and base64 has no space."""
    return value.replace(" ", "+")


def xml_envelope(sealed: Sealed) -> str:
    """The answer to an app callback (90238)."""
    nonce = sealed.nonce.replace("]]>", "]]]]><![CDATA[>")
    return (
        f"<xml><Encrypt><![CDATA[{sealed.encrypt}]]></Encrypt>"
        f"<MsgSignature><![CDATA[{sealed.signature}]]></MsgSignature>"
        f"<TimeStamp>{sealed.timestamp}</TimeStamp><Nonce><![CDATA[{nonce}]]></Nonce></xml>"
    )


def json_envelope(sealed: Sealed) -> str:
    """The answer to an AI-bot callback (101033); its nonce must be the nonce of the callback's address."""
    return json.dumps(
        {
            "encrypt": sealed.encrypt,
            "msgsignature": sealed.signature,
            "timestamp": sealed.timestamp,
            "nonce": sealed.nonce,
        }
    )


def encrypted_of_xml(body: bytes) -> str:
    """The encrypted text of an app, kf or contact callback. Raises Malformed. The caller bounds the size."""
    return _text_of(read_xml(_utf8(body)).get("Encrypt"))


def encrypted_of_json(body: bytes) -> str:
    """The encrypted text of an AI-bot callback. Raises Malformed. The caller bounds the size."""
    data = read_json(_utf8(body))
    return _text_of(data.get("encrypt") if isinstance(data, dict) else None)


def _text_of(encrypted: Any) -> str:
    if not isinstance(encrypted, str) or not encrypted.strip():
        raise Malformed("the body has no encrypted text")
    return encrypted.strip()
