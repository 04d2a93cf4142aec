import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.host.framing import LineSplitter, Oversized


@given(st.lists(st.binary(max_size=30).filter(lambda line: b"\n" not in line)), st.data())
def test_lines_come_out_as_they_went_in_however_they_are_cut(lines: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(line + b"\n" for line in lines)
    splitter, found, position = LineSplitter(1000), [], 0
    while position < len(stream):
        size = data.draw(st.integers(1, 20))
        found += splitter.feed(stream[position : position + size])
        position += size
    assert found == lines


@given(st.integers(0, 40), st.integers(1, 15))
def test_a_line_over_the_limit_is_cut_and_the_next_one_is_whole(size: int, step: int) -> None:
    stream = b"x" * size + b"\nnext\n"
    splitter = LineSplitter(20)
    found: list[bytes | Oversized] = []
    for position in range(0, len(stream), step):
        found += splitter.feed(stream[position : position + step])
    first, second = found
    if size <= 20:
        assert first == b"x" * size
    else:
        assert isinstance(first, Oversized)
        assert first.size_bytes == size
    assert second == b"next"


def test_fifty_megabytes_without_a_line_end_take_little_time_and_memory() -> None:
    splitter = LineSplitter()
    piece = b"x" * 65_536
    started = time.process_time()
    for _ in range(800):
        assert splitter.feed(piece) == []
    (line,) = splitter.feed(b"\n")
    assert isinstance(line, Oversized)
    assert line.size_bytes == 800 * 65_536
    assert len(line.head) == len(line.tail) == 4096
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    ("head", "tail", "request_id"),
    [
        (b'{"jsonrpc":"2.0","id":7,"result":{"x', b"", 7),
        (b'{ "jsonrpc" : "2.0" , "id" : "ab" , "result"', b"", "ab"),
        (b'{"id":7,"jsonrpc":"2.0","result"', b"", 7),
        (b'{"jsonrpc":"2.0","result":{"id":9,', b'xx"},"id":7}', 7),
        (b'{"result":{', b'},"id":7,"jsonrpc":"2.0"}', 7),
        (b'{"jsonrpc":"2.0","result":{"id":9,', b'"id":9}}', None),
        (b'{"jsonrpc":"2.0","method":"notifications/message","params"', b"}}", None),
    ],
)
def test_the_request_an_oversized_message_answers_is_read_off_its_ends(
    head: bytes, tail: bytes, request_id: object
) -> None:
    assert Oversized(head=head, tail=tail, size_bytes=1).answers() == request_id
