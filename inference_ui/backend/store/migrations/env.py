"""Runs the migrations over the connection that ``Store.migrate`` gives.

Column types are written into a migration as plain SQLAlchemy types: a migration must not change
when the product's own types do.
"""

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context
from sqlmodel import AutoString, SQLModel

import inference_ui.backend.models.account
import inference_ui.backend.models.catalog
import inference_ui.backend.models.compute
import inference_ui.backend.models.deletion
import inference_ui.backend.models.service
import inference_ui.backend.models.task
import inference_ui.backend.models.upload  # noqa: F401  (these imports declare all tables)
from inference_ui.backend.models.columns import UtcTime, ValueJson


def _plain_type(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    if kind != "type":
        return False
    if isinstance(item, UtcTime):
        return "sa.DateTime(timezone=True)"
    if isinstance(item, ValueJson | sa.JSON):
        return "sa.JSON()"
    if isinstance(item, AutoString):
        return f"sa.String(length={item.length})" if item.length else "sa.String()"
    return False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    render_item=_plain_type,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
connection.commit()
