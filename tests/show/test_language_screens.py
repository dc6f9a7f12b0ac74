"""The screens in Vietnamese: every caption and lesson translated, and the tables as they were."""

from __future__ import annotations

import re

import pytest

from attncli.language import _, use
from attncli.page.attention import Form
from attncli.page.chain_rule import whole_page
from attncli.problem.initialise import WAYS
from attncli.show.glossary import LESSONS, MEANINGS, RULES, meaning
from attncli.show.terminal import columns_of, to_ascii
from tests.support.running import attncli

LINES = [*MEANINGS.values(), *(text for both in LESSONS.values() for text in both), *RULES.values()]
PAGE = whole_page(Form(), frozenset(), "bce", mean=False)
FORMULA = re.compile(r"^(N|U)\(.*\), [as] = |^U\(−a, a\)")


@pytest.fixture(autouse=True)
def english_again():
    use(None)
    yield
    use(None)


def said(*arguments: str, width: int = 80) -> str:
    found = attncli(*arguments, "--lang", "vi", "--width", str(width))
    assert found.code == (arguments[0] == "diff")  # 1: they differ
    return found.out


def unwrapped(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("text", LINES)
def test_every_caption_lesson_and_rule_is_translated(text: str) -> None:
    use("vi")
    assert _(text)
    assert _(text) != text


@pytest.mark.parametrize("text", [way.formula for way in WAYS.values() if not FORMULA.search(way.formula)])
def test_every_way_to_draw_weights_is_translated(text: str) -> None:
    use("vi")
    assert _(text) != text


def test_captions_follow_the_language() -> None:
    assert meaning("H", 1) == "the weighted values"
    use("vi")
    assert meaning("H", 1) == "các giá trị đã nhân trọng số"
    assert meaning("dX_Q", 1, PAGE.row["dX_Q"]) == "∂L/∂X, theo đường đi qua Q"
    assert meaning("dQ", 1, PAGE.row["dQ"]) == "∂L/∂Q"
    assert meaning("√d_k", 1) == ""


def test_the_forward_pass_in_vietnamese() -> None:
    text = said("forward", "article")
    for part in (
        "A = softmax(Z)   9 × 9   trọng số chú ý: mỗi hàng có tổng bằng 1\n",
        "Q = X·Wq   9 × 4   các truy vấn\n",
        "▸ lớn nhất trong hàng\n",
        "Đọc từ A: từ mà mỗi token nhìn vào nhiều nhất\n",
        "nhìn nhiều nhất",
    ):
        assert part in text


def test_the_backward_pass_in_vietnamese() -> None:
    text = said("backward", "article")
    assert "dX_Q = dQ·Wqᵀ   9 × 5   ∂L/∂X, theo đường đi qua Q\n" in text
    assert "L = " in text
    assert "bce, sum" in text


def test_a_symbol_is_explained_in_vietnamese() -> None:
    text = unwrapped(said("explain", "A"))
    assert "Các trọng số chú ý (còn gọi là trọng số tập trung): hàng i cho biết token i" in text
    assert "Được tạo từ Z (điểm số đã chia tỉ lệ)." in text
    assert "quy tắc dây chuyền" in unwrapped(said("explain", "dQ"))


def test_a_gradient_is_explained_in_vietnamese() -> None:
    text = unwrapped(said("explain", "dWq"))
    assert "dWq là ∂L/∂Wq: hàm mất mát L tăng bao nhiêu khi một ô của Wq tăng một đơn vị." in text
    assert "cùng kích thước với Wq" in text


def test_a_cell_is_worked_out_in_vietnamese() -> None:
    text = unwrapped(said("explain", "dWq[1,1]", "--depth", "3"))
    assert text.startswith("dWq[1,1] = X[·,1]·dQ[·,1] = 2·(-0.1155)")
    assert "cả hàng của (*): " in text
    assert ", cùng kết quả" in text
    assert ", cho sẵn" in unwrapped(said("explain", "X[1,1]"))


def test_latex_says_what_is_given_in_vietnamese() -> None:
    assert "$\\text{X[Death,1]} = 2$, cho sẵn" in said("explain", "X[1,1]", "--format", "latex")


@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.parametrize("command", [("forward",), ("backward",), ("explain", "A", "dX_Q"), ("shapes",)])
def test_no_line_is_wider_than_the_terminal(command: tuple[str, ...], width: int) -> None:
    english = attncli(*command, "--width", str(width)).out
    widest = max(map(columns_of, english.splitlines()))
    text = said(*command, width=width)
    assert max(map(columns_of, text.splitlines())) <= max(width, widest + 16 * (command == ("shapes",)))


@pytest.mark.parametrize("command", ["forward", "backward"])
@pytest.mark.parametrize("config", ["article", "multihead", "cross"])
def test_the_numbers_stand_where_they_stood(command: str, config: str) -> None:
    def tables(text: str) -> list[str]:
        return [line for line in text.split("\n") if re.search(r"\d\.\d{4}", line) and " = " not in line]

    assert tables(said(command, config)) == tables(attncli(command, config).out)


def test_errors_hints_and_notes_in_vietnamese() -> None:
    found = attncli("forward", "artcle", "--lang", "vi")
    assert found.err.startswith("lỗi: không có tệp 'artcle'\n    gợi ý: có phải ý bạn là 'article'?\n")


def test_json_is_the_same_in_vietnamese() -> None:
    for command in (("forward", "article"), ("gradcheck", "article"), ("shapes", "article")):
        assert said(*command, "--json") == attncli(*command, "--json").out


def test_ascii_leaves_the_accents_out() -> None:
    assert to_ascii("ế ≠ đ") == "\\u1ebf != \\u0111"
    text = said("forward", "article", "--ascii")
    assert text.isascii()
    assert "trong so chu y: moi hang co tong bang 1" in unwrapped(text)
    use("vi")
    assert to_ascii("Đọc ế ≠ 語") == "Doc e != \\u8a9e"


@pytest.mark.parametrize(
    ("command", "part"),
    [
        (("gradcheck", "article"), "15 gradient đều khớp với độ dốc của hàm mất mát."),
        (("train", "article", "--steps", "2"), "2 bước hạ gradient trên Wq, Wk, Wv"),
        (("diff", "article", "--set", "mask=true"), "Công thức khác: A = softmax(Z) → A = softmax(M)"),
        (("graph", "article"), "X (ở trên)"),
        (("shapes", "article"), "Gradient có cùng kích thước với đại lượng mà nó là gradient."),
        (("formulas", "article", "--backward"), "một số"),
    ],
)
def test_other_screens_in_vietnamese(command: tuple[str, ...], part: str) -> None:
    assert part in unwrapped(said(*command))
