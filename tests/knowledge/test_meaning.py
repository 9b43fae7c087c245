"""Vectors learnt from our own words: near is what means the same, though no character is shared."""

import numpy as np
import pytest

from knowledge.language.terms import canonical
from knowledge.search.meaning import Meaning, directions, meaning, packed
from knowledge.search.ranking import MATCHED, fitted
from tests.knowledge.shelf import Shelf, guide


def near(one: str, other: str) -> float:
    first, second = directions(meaning().sums([canonical(one), canonical(other)]))
    return float(first @ second)


@pytest.mark.parametrize(
    ("said", "written", "otherwise"),
    [
        ("屙唔出屎", "便秘", "发票抬头"),
        ("崽崽烫得跟火炉似的", "发热护理", "窗帘清洗"),
        ("轱辘磨坏了你们管不管", "保修范围", "辅食添加"),
    ],
)
def test_what_people_say_is_nearer_to_what_guides_call_it_than_to_anything_else(said, written, otherwise):
    assert near(said, written) > near(said, otherwise) + 0.1


def test_a_text_of_unknown_terms_is_near_to_nothing():
    assert not meaning().question("").any()
    assert near("ᚠᚢᚦ", "便秘") == 0.0


def test_a_text_means_the_sum_of_its_parts():
    whole, *parts = meaning().sums(["便秘\n发热", "便秘", "发热"])
    assert np.allclose(whole, np.sum(parts, axis=0), atol=1e-5)


def test_what_was_packed_is_read_back_nearly_as_it_was_and_always_the_same():
    rows = np.random.default_rng(1).normal(size=(3, 8)).astype(np.float32)
    content = packed(["奶", "睡", "睡觉"], rows)
    assert content == packed(["奶", "睡", "睡觉"], rows)
    found = Meaning.load(content).sums(["奶", "睡觉", "x"])
    assert np.allclose(found[0], rows[0], atol=0.05)
    assert found[2].tolist() == [0.0] * 8


def test_every_figure_of_a_match_has_a_weight_and_another_age_speaks_against_a_passage():
    assert set(MATCHED) < set(fitted("ranking"))
    assert all(fitted(name)["age_gap"] < -1.0 and fitted(name)["conflicts"] < 0.0 for name in ("ranking", "evidence"))


def test_a_guide_is_found_by_what_it_means():
    shelf = Shelf(
        guide("1 岁内宝宝便秘怎么办", "便秘时顺时针揉肚子，加梨泥。"),
        guide("电子发票怎么开", "发票在订单里申请，五个工作日开好。"),
    )
    assert shelf.best("肚肚硬邦邦好多日屙唔出") == "1 岁内宝宝便秘怎么办"
