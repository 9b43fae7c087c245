"""WeCom's callback crypto (document 90968), written apart from the bot's own so that each checks the other."""

import base64
import binascii
import hashlib
import hmac
import secrets
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_BLOCK = 32  # WeCom pads to 32, not to the cipher's 16


class BadSeal(Exception):
    """An envelope whose signature, padding, length or receiver is wrong."""


class Seal:
    """One callback address: token, EncodingAESKey (43 characters) and receiver (the corp id, empty for bots)."""

    def __init__(self, token: str, aes_key: str, receiver: str) -> None:
        self._token = token
        self._key = base64.b64decode(aes_key + "=")
        self._receiver = receiver.encode()

    def sign(self, timestamp: str, nonce: str, sealed: str) -> str:
        """The lower-case hex `msg_signature` of the four strings."""
        joined = "".join(sorted([self._token, timestamp, nonce, sealed]))
        return hashlib.sha1(joined.encode(), usedforsecurity=False).hexdigest()

    def signed(self, signature: str, timestamp: str, nonce: str, sealed: str) -> bool:
        """Whether the signature belongs to the rest."""
        return hmac.compare_digest(signature.encode(), self.sign(timestamp, nonce, sealed).encode())

    def seal(self, message: str) -> str:
        """Encrypt; what comes out is base64."""
        return self.seal_for(message, self._receiver.decode())

    def seal_for(self, message: str, receiver: str) -> str:
        """Encrypt for any receiver: only a forger needs another one than his own."""
        body = message.encode()
        plain = secrets.token_hex(8).encode() + struct.pack(">I", len(body)) + body + receiver.encode()
        pad = _BLOCK - len(plain) % _BLOCK
        encryptor = self._cipher().encryptor()
        return base64.b64encode(encryptor.update(plain + bytes([pad]) * pad) + encryptor.finalize()).decode()

    def open(self, sealed: str) -> str:
        """Decrypt; BadSeal when padding, length or receiver is wrong."""
        try:
            raw = base64.b64decode(sealed, validate=True)
            decryptor = self._cipher().decryptor()
            plain = decryptor.update(raw) + decryptor.finalize()
        except (binascii.Error, ValueError) as error:
            raise BadSeal("not base64 of whole blocks") from error
        return self._unframe(plain).decode()

    def _cipher(self) -> Cipher[modes.CBC]:
        return Cipher(algorithms.AES(self._key), modes.CBC(self._key[:16]))

    def _unframe(self, plain: bytes) -> bytes:
        pad = plain[-1] if plain else 0
        if not 1 <= pad <= _BLOCK or len(plain) < 20 + pad:
            raise BadSeal("bad padding")
        plain = plain[:-pad]
        (length,) = struct.unpack(">I", plain[16:20])
        if 20 + length > len(plain):
            raise BadSeal("bad length")
        if plain[20 + length :] != self._receiver:
            raise BadSeal("meant for somebody else")
        return plain[20 : 20 + length]
