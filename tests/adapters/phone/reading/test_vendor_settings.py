"""What is configured at the telephone system is configured here too."""

import io

from adapters.phone.reading.cucm import Cucm
from adapters.phone.reading.format import RowSettings
from adapters.phone.reading.freeswitch_csv import FreeswitchCsv
from adapters.phone.reading.three_cx import ThreeCx
from inbox.call import Outcome
from tests.adapters.phone.reading.vendor_formats import CORPORA


def test_3cx_fields_may_be_fewer_and_in_another_order():
    format_ = ThreeCx(fields=("time-start", "from-no", "dial-no", "historyid", "time-end", "reason-terminated"))
    row = b"Call 2026/03/02 09:00:00,0612345678,0168373600,77,2026/03/02 09:00:30,NoAnswer\r\n"

    ((line, leg),) = format_.rows(io.BytesIO(row), RowSettings())

    assert (line, leg.call_key, leg.leg_key) == (1, "77", "77")
    assert (leg.caller, leg.dialled, leg.outcome) == ("+31612345678", "+31168373600", Outcome.missed)


def test_3cx_row_of_other_fields_than_configured_is_bad():
    ((_, row),) = ThreeCx(fields=("historyid", "time-start")).rows(
        io.BytesIO(b"1,2026/03/02 09:00:00,x\n"), RowSettings()
    )

    assert row.code == "row_columns"


def test_cucm_call_that_ends_at_no_known_mailbox_was_answered():
    content = (CORPORA / "cucm" / "cdr_MOERDIJK_02_202603020900_1001").read_bytes()
    outcomes = {}
    for pilots in (frozenset(), frozenset({"3999"})):
        legs = dict(Cucm(voicemail_pilots=pilots).rows(io.BytesIO(content), RowSettings()))
        outcomes[pilots] = legs[7].outcome, legs[7].answered_at is None

    assert outcomes == {frozenset(): (Outcome.answered, False), frozenset({"3999"}): (Outcome.voicemail, True)}


def test_freeswitch_call_through_the_change_of_the_clock_lasts_as_long_as_it_did():
    row = (
        b'"Jansen","0612345678","201","public","2026-10-25 02:59:50","","2026-10-25 02:00:20","30","0","NO_ANSWER",'
        b'"51156b0b-f91b-4fd3-9c8f-15226f6098b1","","moerdijk"\n'
    )

    ((_, leg),) = FreeswitchCsv().rows(io.BytesIO(row), RowSettings())

    assert (leg.ended_at - leg.started_at).total_seconds() == 30
    assert not leg.is_ambiguous
