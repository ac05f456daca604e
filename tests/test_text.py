"""Reading a line as it was typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unpushy.ear.text import LONGEST, read


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("You’ll   LOVE it", "you will love it"),
        ("dont u need 1?", "do not you need 1?"),
        ("Can't, won't, shan't", "can not, will not, shall not"),
        ("You'd better sign", "you had better sign"),
        ("I'd be glad", "i would be glad"),
        ("It's Ana's", "it is ana's"),
        ("What's the buyer's view?", "what is the buyer's view?"),
        ("let's go, gonna be gr8", "let us go, going to be great"),
        ("“Sign”\u200b now…", '"sign" now.'),
        ("ѕіgn nоw", "sign now"),
        ("one\r\n\n two", "one\ntwo"),
        ("", ""),
        ("👍🏽 ok", "👍🏽 okay"),
    ],
)
def test_the_plain_form(typed: str, plain: str) -> None:
    assert read(typed).plain == plain


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("Seller: Hello.\nBuyer: You must come down.\nSeller: Why not?", " hello.\nwhy not?"),
        ("Agent Kim: Hi.\nMrs Bell: Who?\n\nAgent Kim (laughs): Me.", " hi.\nme."),
        ("Tom: Hi.\nCustomer: No.\nTom: Fine.", " hi.\nfine."),
        ("Ida: Hi.\nBo: No.\nIda: Sure?\nBo: Yes.", " hi.\nno.\nsure?\nyes."),
        ("Client: Acme\nDate: 3 May\n\nYou must sign.", " 3 may\nyou must sign."),
        ("Date: 3 May\nClient: Acme\n\nYou must sign.", " 3 may\nyou must sign."),
        ("Seller: Hello, all of you.", "seller: hello, all of you."),
        ("Price: 9\nDate: 3 May", "price: 9\ndate: 3 may"),
    ],
)
def test_of_a_talk_that_was_written_down_what_the_seller_says(typed: str, plain: str) -> None:
    text = read(typed)
    assert text.plain == plain
    assert all(
        typed[text.starts[at]].lower() == char for at, char in enumerate(text.plain) if char != "\n"
    )


@given(
    st.text(max_size=300)
    | st.lists(
        st.sampled_from(["Rep: ", "Buyer: ", "Ida (on the phone): ", "no ’s…", "\n", "\n\n"])
    ).map("".join)
)
def test_every_plain_character_comes_from_somewhere_in_the_line(line: str) -> None:
    text = read(line)
    assert len(text.plain) == len(text.starts) == len(text.ends)
    assert all(0 <= a < b <= len(line) for a, b in zip(text.starts, text.ends, strict=True))
    assert list(text.starts) == sorted(text.starts)


@given(st.lists(st.sampled_from(["you’re", "dont", "ok", "it's", "sign", "😀", "…", "—", "\n"])))
def test_a_word_of_the_plain_form_spans_the_word_that_was_typed(words: list[str]) -> None:
    line = " ".join([*words, "must"])
    text = read(line)
    at = text.plain.rindex("must")
    start, end = text.span(at, at + 4)
    assert line[start:end] == "must"


def test_a_very_long_text_is_read_only_so_far() -> None:
    assert len(read("a " * LONGEST).plain) <= LONGEST
