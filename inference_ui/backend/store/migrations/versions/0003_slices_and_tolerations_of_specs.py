"""Slices, tolerations and the runtime class of compute specs"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("compute_spec", schema=None) as batch_op:
        batch_op.add_column(sa.Column("slice", sa.JSON(), nullable=True))
        batch_op.add_column(
            sa.Column("tolerations", sa.JSON(), nullable=False, server_default="[]")
        )
        batch_op.add_column(sa.Column("runtime_class", sa.String(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("compute_spec", schema=None) as batch_op:
        batch_op.drop_column("runtime_class")
        batch_op.drop_column("tolerations")
        batch_op.drop_column("slice")
