"""Text measured in columns, cut, and made safe for a terminal."""

import pytest

from companion.render.text import clip, columns, pad, visible


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("plain", "plain"),
        ("床前　明月光", "床前　明月光"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("a\tb", "a b"),
        ("\x1b[31mred\x07", "\ufffd[31mred\ufffd"),
        ("turned \u202eround", "turned \ufffdround"),
        ("two\u2028lines", "two\ufffdlines"),
        ("\x9b31m", "\ufffd31m"),
    ],
)
def test_what_would_move_the_cursor_is_made_visible(text: str, wanted: str) -> None:
    assert visible(text) == wanted


@pytest.mark.parametrize("text", ["plain text", "床前明月光，疑是地上霜", "Где обрывается Россия"])
@pytest.mark.parametrize("width", [1, 2, 5, 9, 40])
def test_a_text_is_cut_and_padded_to_columns(text: str, width: int) -> None:
    assert columns(clip(text, width)) <= width
    assert columns(pad(text, width)) == width
    if columns(text) <= width:
        assert clip(text, width) == text
    else:
        assert clip(text, width).endswith("…")


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("one two threefour", 12, "one two…"),
        ("one threefourfivesix", 12, "one threefo…"),
        (
            "reactor, server 2 --> PoetryProtocol.dataReceived",
            38,
            "reactor, server 2 --> PoetryProtocol…",
        ),
        ("reactor --> TransformServer", 16, "reactor --> Tra…"),
        ("from: 127.0.0.1:10000", 14, "from: 127.0.0…"),
    ],
)
def test_a_label_is_cut_at_the_end_of_a_word_or_of_a_part_of_a_name_and_not_after_an_arrow(
    text: str, width: int, shown: str
) -> None:
    assert clip(text, width) == shown
