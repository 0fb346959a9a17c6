"""The journal of a run, read back."""

import marshal

from companion.virtual.journal import Record, parsed


def test_a_record_that_is_not_whole_is_left_out() -> None:
    whole: list[Record] = [(0.5, "sent", {"bytes": 3}), (1.0, "print", {"text": "x"})]
    records = [marshal.dumps(record) for record in whole]
    data = b"".join(len(record).to_bytes(4, "little") + record for record in records)
    assert [record for _, record in parsed(data)] == whole
    for cut in range(1, len(records[1]) + 4):
        assert [record for _, record in parsed(data[:-cut])] == whole[:1]
