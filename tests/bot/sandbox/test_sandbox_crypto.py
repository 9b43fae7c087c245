"""The stand-in's crypto against the examples of document 90968 and against a library that is not ours."""

import pytest
from wechatpy.work.crypto import WeChatCrypto

from bot.sandbox.callbacks import from_xml, to_xml
from bot.sandbox.crypto import BadSeal, Seal

TOKEN, KEY, CORP = "QDG6eK", "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C", "wx5823bf96d3bd56c7"
ECHO = "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ=="


def test_the_official_echo_is_read_and_its_signature_fits() -> None:
    seal = Seal(TOKEN, KEY, CORP)
    assert seal.open(ECHO) == "1616140317555161061"
    assert seal.signed("5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3", "1409659589", "263014780", ECHO)


@pytest.mark.parametrize("length", range(24, 60))
def test_every_length_of_padding_is_read_by_the_other_library(length: int) -> None:
    message = to_xml({"Content": "a" * length, "MsgType": "text"})
    seal = Seal(TOKEN, KEY, CORP)
    sealed = seal.seal(message)
    envelope = to_xml({"ToUserName": CORP, "Encrypt": sealed})
    signature = seal.sign("1", "n", sealed)
    opened = WeChatCrypto(TOKEN, KEY, CORP).decrypt_message(envelope, signature, "1", "n")
    assert (opened.decode() if isinstance(opened, bytes) else opened) == message


@pytest.mark.parametrize("sealed", ["", "not base64!", "AAAA", ECHO[:-24] + "A" * 22 + "=="])
def test_a_spoilt_envelope_is_refused(sealed: str) -> None:
    with pytest.raises(BadSeal):
        Seal(TOKEN, KEY, CORP).open(sealed)


def test_an_envelope_for_somebody_else_is_refused() -> None:
    with pytest.raises(BadSeal, match="somebody else"):
        Seal(TOKEN, KEY, CORP).open(Seal(TOKEN, KEY, CORP).seal_for("hello", "wwOther"))


@pytest.mark.parametrize("text", ["你好 <b>&", "a ]]> b", "多行\n文字", ""])
def test_any_text_survives_xml(text: str) -> None:
    assert (from_xml(to_xml({"Content": text, "CreateTime": 1}))["Content"] or "") == text
