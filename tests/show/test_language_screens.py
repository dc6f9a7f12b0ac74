"""The screens in Vietnamese: every caption and lesson translated, and the tables as they were."""

from __future__ import annotations

import re

import pytest
from rich.cells import cell_len

from attncli.language import _, to_ascii, use
from attncli.page.attention import Form
from attncli.page.chain_rule import whole_page
from attncli.problem.initialise import METHODS
from attncli.show.glossary import GLOSSARY, RULES, meaning
from tests.support.running import attncli

LINES = [*(text for entry in GLOSSARY.values() for text in entry), *RULES.values()]
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


@pytest.mark.parametrize("text", [method.about for method in METHODS.values() if not method.top])
def test_every_way_to_draw_weights_is_translated(text: str) -> None:
    use("vi")
    assert _(text) != text


def test_captions_follow_the_language() -> None:
    assert meaning("H", 1) == "weighted values"
    use("vi")
    assert meaning("H", 1) == "các giá trị đã nhân trọng số"
    assert meaning("dX_Q", 1, PAGE.row["dX_Q"]) == "∂L/∂X qua Q"
    assert meaning("dQ", 1, PAGE.row["dQ"]) == "∂L/∂Q"
    assert meaning("√d_k", 1) == ""


def test_the_forward_pass_in_vietnamese() -> None:
    text = said("forward", "article")
    for part in (
        "A = softmax(Z)   9 × 9   trọng số chú ý (attention)\n",
        "9 × 4   truy vấn (query)   9 × 4   khóa (key)   9 × 3   giá trị (value)\n",
        "▸ mỗi token chú ý đến từ nào nhất\n",
        "chú ý nhất",
    ):
        assert part in text
    assert "▸ lớn nhất trong hàng\n" in said("forward", "article", "--only", "A", "--quiet")


def test_the_backward_pass_in_vietnamese() -> None:
    text = said("backward", "article")
    assert "dX_Q = dQ·Wqᵀ   9 × 5   ∂L/∂X qua Q\n" in text
    assert "L = " in text
    assert "bce, sum" in text


def test_a_symbol_is_explained_in_vietnamese() -> None:
    text = unwrapped(said("explain", "A"))
    assert (
        "Các trọng số chú ý (attention weights; có sách gọi là trọng số tập trung): hàng i cho biết" in text
    )
    assert "Tính từ Z: điểm số đã chia tỉ lệ." in text
    assert "quy tắc dây chuyền" in unwrapped(said("explain", "dQ"))


def test_a_gradient_is_explained_in_vietnamese() -> None:
    text = unwrapped(said("explain", "dWq"))
    assert (
        "dWq là ∂L/∂Wq: hàm mất mát (loss) L tăng bao nhiêu trên mỗi đơn vị tăng thêm ở một ô của Wq." in text
    )
    assert "cùng kích thước (shape) với Wq" in text


def test_a_cell_is_worked_out_in_vietnamese() -> None:
    text = unwrapped(said("explain", "dWq[1,1]", "--depth", "3"))
    assert text.startswith("dWq[1,1] = X[·,1]·dQ[·,1] = 2·(-0.1155)")
    assert "cả hàng của (*): " in text
    assert ", cùng kết quả" in text
    assert ", cho sẵn" in unwrapped(said("explain", "X[1,1]"))


def test_latex_says_what_is_given_in_vietnamese() -> None:
    assert "$X[\\text{Death,1}] = 2$, cho sẵn" in said("explain", "X[1,1]", "--format", "latex")


@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.parametrize("command", [("forward",), ("backward",), ("explain", "A", "dX_Q"), ("shapes",)])
def test_no_line_is_wider_than_the_terminal(command: tuple[str, ...], width: int) -> None:
    english = attncli(*command, "--width", str(width)).out
    widest = max(map(cell_len, english.splitlines()))
    text = said(*command, width=width)
    assert max(map(cell_len, text.splitlines())) <= max(width, widest + 16 * (command == ("shapes",)))


@pytest.mark.parametrize("command", ["forward", "backward"])
@pytest.mark.parametrize("config", ["article", "multihead", "cross"])
def test_the_numbers_stand_where_they_stood(command: str, config: str) -> None:
    def tables(text: str) -> list[list[str]]:
        lines = [line for line in text.split("\n") if re.search(r"\d\.\d{4}", line) and " = " not in line]
        return [line.split() for line in lines]

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
    assert "trong so chu y (attention)" in unwrapped(text)
    use("vi")
    assert to_ascii("Đọc ế ≠ 語") == "Doc e != \\u8a9e"


@pytest.mark.parametrize(
    ("command", "part"),
    [
        (("gradcheck", "article"), "15 gradient đều khớp với độ dốc của hàm mất mát."),
        (("train", "article", "--steps", "2"), "2 bước gradient descent (hạ gradient) trên Wq, Wk, Wv"),
        (("diff", "article", "--set", "mask=true"), "Công thức thay đổi: A = softmax(Z) → A = softmax(M)"),
        (("graph", "article"), "X (ở trên)"),
        (("shapes", "article"), "Gradient theo một đại lượng có cùng kích thước với đại lượng ấy."),
        (("formulas", "article", "--backward"), "một số"),
    ],
)
def test_other_screens_in_vietnamese(command: tuple[str, ...], part: str) -> None:
    assert part in unwrapped(said(*command))
