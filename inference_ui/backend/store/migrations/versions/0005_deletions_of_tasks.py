"""Deletions of tasks, and what came of them"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "deletion",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("owner_id", sa.String(), nullable=False),
        sa.Column("requested_at", _TIME, nullable=False),
        sa.Column("touched_at", _TIME, nullable=False),
        sa.Column("taken_at", _TIME, nullable=True),
        sa.Column("ended_at", _TIME, nullable=True),
        sa.Column("dismissed_at", _TIME, nullable=True),
        sa.Column("with_output", sa.Boolean(), nullable=False),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("asked", "accepted", "refused", "gone", "replicas")
        ),
        sa.Column("cards", sa.JSON(), nullable=False),
        sa.Column("nodes", sa.JSON(), nullable=False),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("removed", "kept", "problems", "files")
        ),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("deletion", schema=None) as batch_op:
        batch_op.create_index("ix_deletion_owner_id", ["owner_id"], unique=False)
        batch_op.create_index("ix_deletion_ended_at", ["ended_at"], unique=False)
    op.create_table(
        "deleted_task",
        sa.Column("deletion_id", sa.String(), nullable=False),
        sa.Column("task_id", sa.String(), nullable=False),
        sa.Column("owner_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("volume_name", sa.String(), nullable=False),
        sa.Column("output_folder", sa.String(), nullable=False),
        sa.Column("problem", sa.JSON(), nullable=True),
        sa.Column("replicas", sa.Integer(), nullable=False),
        sa.Column("cards", sa.JSON(), nullable=False),
        sa.Column("nodes", sa.JSON(), nullable=False),
        sa.Column("kept", sa.Boolean(), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["deletion_id"], ["deletion.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"]),
        sa.PrimaryKeyConstraint("deletion_id", "task_id"),
    )
    with op.batch_alter_table("deleted_task", schema=None) as batch_op:
        batch_op.create_index("ix_deleted_task_task_id", ["task_id"], unique=False)
        batch_op.create_index("ix_deleted_task_state", ["state"], unique=False)
    with op.batch_alter_table("inference_task", schema=None) as batch_op:
        batch_op.add_column(sa.Column("deletion_id", sa.String(), nullable=True))
        batch_op.create_index("ix_inference_task_deletion_id", ["deletion_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("inference_task", schema=None) as batch_op:
        batch_op.drop_index("ix_inference_task_deletion_id")
        batch_op.drop_column("deletion_id")
    op.drop_table("deleted_task")
    op.drop_table("deletion")
