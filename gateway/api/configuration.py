"""The configuration in force."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import Field

from gateway.api.access import CHANGES_CONFIGURATION, CallerHere, GuardedRoute, PartsHere
from gateway.api.shapes import Moment, Shape
from inbox.configuration.model import Answer
from store.listing import configuration_row

router = APIRouter(prefix="/v1/configuration", tags=["Configuration"], route_class=GuardedRoute)


class DepartmentName(Shape):
    """A department."""

    key: str = Field(examples=["vergunningen"])
    name: str = Field(examples=["Vergunningen"])


class CategoryName(Shape):
    """A category."""

    key: str = Field(examples=["vergunning"])
    name: str = Field(examples=["een vergunning"])
    department: str = Field(description="Key of the department that acts.", examples=["vergunningen"])
    answer: Answer = Field(description="How it is acknowledged.")


class ConfigurationInForce(Shape):
    """The published configuration that decides now."""

    version: int
    published_at: Moment
    published_by: str
    departments: list[DepartmentName]
    categories: list[CategoryName]
    document: str | None = Field(
        description="The whole document as it was published; for administrators and publishers."
    )


@router.get("", operation_id="getConfiguration", summary="Show the configuration in force")
async def show(parts: PartsHere, caller: CallerHere) -> ConfigurationInForce:
    """Show the version in force with the names of departments and categories."""
    compiled = await parts.configurations.current()
    row = await configuration_row(parts.ledger, compiled.version)
    document = compiled.document
    return ConfigurationInForce(
        version=compiled.version,
        published_at=row.published_at,
        published_by=row.published_by,
        departments=[DepartmentName(key=key, name=below.name) for key, below in document.departments.items()],
        categories=[
            CategoryName(key=key, name=below.name, department=below.department, answer=below.answer)
            for key, below in document.categories.items()
        ],
        document=row.document if caller.role in CHANGES_CONFIGURATION else None,
    )
