"""What the task list searches and sorts by, out of the plans"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_LIST = (
    "canary",
    sa.text("created_at DESC"),
    "id",
    "status",
    "owner_id",
    "name",
    "service_type",
    "package",
    "spec",
    "took_s",
    "found",
    "succeeded",
    "failed",
)
_COUNTS = ("canary", "status", "name", "owner_id", "spec", "package")
_BATCH = 500


def upgrade() -> None:
    with op.batch_alter_table("inference_task", schema=None) as batch_op:
        for name in ("dataset_id", "service_type", "package", "spec"):
            batch_op.add_column(sa.Column(name, sa.String(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("took_s", sa.Float(), nullable=True))
    _fill()
    with op.batch_alter_table("inference_task", schema=None) as batch_op:
        batch_op.drop_index("ix_inference_task_canary")
        batch_op.drop_index("ix_inference_task_created_at")
        batch_op.create_index("ix_inference_task_list", list(_LIST), unique=False)
        batch_op.create_index("ix_inference_task_counts", list(_COUNTS), unique=False)
        batch_op.create_index(
            "ix_inference_task_dataset", ["dataset_id", "created_at"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("inference_task", schema=None) as batch_op:
        batch_op.drop_index("ix_inference_task_dataset")
        batch_op.drop_index("ix_inference_task_counts")
        batch_op.drop_index("ix_inference_task_list")
        batch_op.create_index("ix_inference_task_created_at", ["created_at"], unique=False)
        batch_op.create_index("ix_inference_task_canary", ["canary"], unique=False)
        for name in ("took_s", "spec", "package", "service_type", "dataset_id"):
            batch_op.drop_column(name)


def _fill() -> None:
    """Say of each task what its plan says. Plans stored before servers could be shared have no
    ``server``: what is its own stands in the plan itself."""
    tasks = sa.table(
        "inference_task",
        sa.column("id", sa.String()),
        sa.column("plan", sa.JSON()),
        sa.column("created_at", sa.DateTime(timezone=True)),
        sa.column("ended_at", sa.DateTime(timezone=True)),
        *(sa.column(name, sa.String()) for name in ("dataset_id", "service_type")),
        *(sa.column(name, sa.String()) for name in ("package", "spec")),
        sa.column("took_s", sa.Float()),
    )
    connection = op.get_bind()
    ids = list(connection.scalars(sa.select(tasks.c.id)))
    for start in range(0, len(ids), _BATCH):
        query = sa.select(tasks).where(tasks.c.id.in_(ids[start : start + _BATCH]))
        for row in connection.execute(query).all():
            server = row.plan.get("server", row.plan)
            package, spec = server["package"], server.get("spec")
            took = (row.ended_at - row.created_at).total_seconds() if row.ended_at else None
            values = {
                "dataset_id": row.plan["dataset_id"],
                "service_type": package["service_type"],
                "package": f"{package['name']} {package['version']}",
                "spec": spec["name"] if spec else "",
                "took_s": took,
            }
            connection.execute(sa.update(tasks).where(tasks.c.id == row.id).values(**values))
