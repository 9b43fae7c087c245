"""Order data is read for who, what and when, and for nothing else."""

from datetime import date

import pytest

from scheduler.orders import WrongOrders, read_orders
from scheduler.triggers import Event

FULL = """external_userid,price,event,date,order
wmC02,9999,delivery,2026-11-01,A1
WMC02,1,visit,2026/11/3,A2
wmC03,5,,2026年11月5日,
"""


def test_a_row_is_an_event_of_a_person() -> None:
    found = read_orders(FULL, "orders.csv")
    assert found.wrong == ()
    assert found.events == {
        "wmc02": (Event("delivery", date(2026, 11, 1), "A1"), Event("visit", date(2026, 11, 3), "A2")),
        "wmc03": (Event("delivery", date(2026, 11, 5)),),
    }


def test_chinese_heads_are_read_and_the_same_row_twice_is_one_event() -> None:
    text = "\ufeff日期,账号,订单号\n2026-11-01,zhangsan,A1\n2026-11-01,ZhangSan,A1\n\n"
    assert read_orders(text, "orders.csv").events == {"zhangsan": (Event("delivery", date(2026, 11, 1), "A1"),)}


def test_rows_that_cannot_be_read_are_named_and_do_not_stop_the_others() -> None:
    text = "userid,date\nzhangsan,morgen\n,2026-11-01\nlisi,2026-02-30\nwangwu\nlisi,2026-11-01\n"
    found = read_orders(text, "orders.csv")
    assert found.events == {"lisi": (Event("delivery", date(2026, 11, 1)),)}
    assert [line.partition("行")[0][-2:].strip() for line in found.wrong] == ["2", "3", "4", "5"]
    assert all("zhangsan" not in line and "wangwu" not in line for line in found.wrong)


@pytest.mark.parametrize("text", ["", "name,when\nzhangsan,2026-11-01\n", "userid\nzhangsan\n"])
def test_a_file_without_the_two_columns_says_which(text: str) -> None:
    with pytest.raises(WrongOrders, match="external_userid"):
        read_orders(text, "orders.csv")
