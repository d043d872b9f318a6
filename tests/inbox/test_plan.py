"""Plan: what must leave the house follows from where the item stands, and from nothing else."""

from __future__ import annotations

from types import SimpleNamespace

from hypothesis import given

from inbox.configuration.model import FolderDestination, MailboxDestination
from inbox.handover import Handover, HandoverKind
from inbox.item import ForwardRole
from inbox.plan import EXCERPT_LIMIT, MAIL_BYTES, RECIPIENTS_LIMIT, plan_forwards, scan_file
from inbox.reading import Reading
from tests.inbox.samples import assignment_facts, compiled, item_facts, quick, reading, readings

TOWN = compiled()


def handovers(read: Reading, category: str = "vergunning", **changes: object) -> list[Handover]:
    facts = assignment_facts(category, TOWN)
    return [intent.handover for intent in plan_forwards(item_facts(read, **changes), facts, TOWN)]


def test_the_department_acts_once_and_each_informed_destination_is_told_once() -> None:
    acting, informed = plan_forwards(item_facts(reading()), assignment_facts("vergunning", TOWN), TOWN)
    assert (acting.role, acting.ordinal, informed.role, informed.ordinal) == (
        ForwardRole.acting,
        0,
        ForwardRole.informed,
        1,
    )
    assert isinstance(acting.handover.destination, MailboxDestination)
    assert isinstance(informed.handover.destination, FolderDestination)
    assert acting.forward_id != informed.forward_id
    assert {acting.round, informed.round} == {1}


def test_each_round_has_ids_of_its_own() -> None:
    facts = assignment_facts("vergunning", TOWN)
    first = plan_forwards(item_facts(reading()), facts, TOWN)
    again = plan_forwards(item_facts(reading()), facts, TOWN)
    assert len({intent.forward_id for intent in first + again}) == 4
    assert all(intent.forward_id == intent.handover.forward_id for intent in first + again)


def test_the_excerpt_begins_with_what_is_new() -> None:
    [acting, _] = handovers(reading(text="Ja, graag.\n> Komt u?", new_text="Ja, graag."))
    assert acting.excerpt == "Ja, graag."


def test_the_excerpt_is_short_and_never_cuts_a_character_in_two() -> None:
    [acting, _] = handovers(reading(text="👍" * 2000))
    assert acting.excerpt == "👍" * EXCERPT_LIMIT


def test_what_adds_to_an_earlier_item_says_so_and_is_no_new_matter() -> None:
    [acting, _] = handovers(reading(), adds_to="AAAA-BBBB-C")
    assert (acting.kind, acting.adds_to) == (HandoverKind.addition, "AAAA-BBBB-C")
    assert handovers(reading())[0].kind is HandoverKind.item


def test_the_department_reads_that_a_machine_wrote_and_what_it_may_belong_to() -> None:
    [acting, _] = handovers(reading(is_automatic=True), hints=["may_belong_to AAAA-BBBB-C"])
    assert acting.labels == ("automatic", "may_belong_to AAAA-BBBB-C")


def test_the_department_reads_what_could_not_be_read_and_who_else_got_it() -> None:
    several = ("info@gemeente.test", "wijk@gemeente.test")
    sealed = reading(remarks=("no_text", "sealed", "attachment_locked", "untrue_media_type"), recipients=several)
    [acting, _] = handovers(sealed)
    assert acting.labels == ("sealed", "untrue_media_type", "attachment_locked")
    assert acting.recipients == several
    assert handovers(reading(recipients=several * 500))[0].recipients == (several * 500)[:RECIPIENTS_LIMIT]


def test_the_original_has_a_name_without_a_word_of_the_sender() -> None:
    [mail, _] = handovers(reading("../../etc/passwd"))
    [scan, _] = handovers(reading(), media_type="application/x-unknown")
    assert (mail.original_name, scan.original_name) == ("7K3M-9QXA-D.eml", "7K3M-9QXA-D.bin")


def scan_row(letter_count: int | None, size_bytes: int = 1000) -> SimpleNamespace:
    return SimpleNamespace(
        delivery_id="d", media_type="image/tiff", letter_count=letter_count, size_bytes=size_bytes, sha256="ab" * 32
    )


def test_a_scan_file_goes_along_only_when_it_holds_this_letter_alone() -> None:
    alone = scan_file("7K3M-9QXA-D", scan_row(1))
    assert alone is not None
    assert (alone.name, alone.media_type) == ("7K3M-9QXA-D-scan.tif", "image/tiff")
    assert [handover.scan for handover in handovers(reading(), scan=alone)] == [alone, alone]
    assert [scan_file("7K3M-9QXA-D", scan_row(count)) for count in (None, 0, 2)] == [None] * 3


def test_a_mail_that_relays_would_refuse_for_its_scan_goes_without() -> None:
    large = scan_file("7K3M-9QXA-D", scan_row(1, MAIL_BYTES - 10))
    by_mail, in_folder = handovers(reading(), scan=large, size_bytes=11)
    assert (by_mail.scan, in_folder.scan) == (None, large)
    assert handovers(reading(), scan=large, size_bytes=10)[0].scan == large


def test_terms_are_handed_over_with_the_moment_they_count_from() -> None:
    [acting, _] = handovers(reading())
    facts = item_facts(reading())
    assert acting.received_at == facts.received_at
    assert acting.promise == assignment_facts("vergunning", TOWN).promise


@given(readings)
@quick
def test_any_reading_can_be_handed_over_and_stored(read: Reading) -> None:
    for handover in handovers(read):
        assert Handover.model_validate(handover.model_dump(mode="json")) == handover
        assert len(handover.excerpt) <= EXCERPT_LIMIT
