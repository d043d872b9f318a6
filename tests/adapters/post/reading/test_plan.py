"""What an administrator sets is what the reader does."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from adapters.post.reading.bar import QualityBar
from adapters.post.reading.fields.ours import Ours
from adapters.post.reading.marks import NO_MARKS, SeparatorMarks
from adapters.post.reading.plan import ScanPlan, plan_of
from adapters.post.reading.settings import PostReadingSettings
from adapters.post.splitting import SplitAt

OURS = Ours(frozenset({"4791 AB"}), ("Gemeente Havendam",), frozenset({"havendam.example"}))


def test_without_settings_the_plan_is_the_usual_one() -> None:
    assert plan_of(PostReadingSettings()) == ScanPlan()


def test_each_setting_arrives() -> None:
    settings = PostReadingSettings.model_validate(
        {
            "pages": {"languages": ["nld"], "pages": 50, "at_once": 3},
            "separators": {"texts": ["NIEUW"], "patterns": [r"BAK-\d+"], "patch_t": False},
            "split_at": "blank_sheets",
            "is_duplex": True,
            "bar": {"confidence": 0.5},
        }
    )
    plan = plan_of(settings, OURS)
    assert (plan.pages.languages, plan.pages.pages, plan.pages.at_once) == (("nld",), 50, 3)
    assert plan.marks == SeparatorMarks(("NIEUW",), (r"BAK-\d+",), patch_t=False)
    assert (plan.split_at, plan.is_duplex, plan.ours) == (SplitAt.blank_sheets, True, OURS)
    assert plan.bar == QualityBar(confidence=0.5)


@pytest.mark.parametrize(
    "wrong",
    [
        {"splits": True},
        {"split_at": "words"},
        {"separators": {"patterns": ["("]}},
        {"separators": {"texts": [], "patch_t": False}},
        {"separators": {"texts": [""]}},
        {"pages": {"pages": 0}},
        {"seconds_at_most": 0},
        {"memory_bytes": 1000},
    ],
)
def test_what_cannot_work_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        PostReadingSettings.model_validate(wrong)


def test_a_file_that_is_one_letter_has_no_marks() -> None:
    plan = ScanPlan(split_at=SplitAt.blank_sheets, ours=OURS).as_one()
    assert (plan.marks, plan.split_at, plan.ours) == (NO_MARKS, SplitAt.nothing, OURS)


def test_a_plan_survives_its_way_to_the_reader() -> None:
    plan = ScanPlan(marks=SeparatorMarks(patterns=("BAK-1",)), ours=OURS, bar=QualityBar(words=9))
    adapter = TypeAdapter(ScanPlan)
    assert adapter.validate_json(adapter.dump_json(plan)) == plan
