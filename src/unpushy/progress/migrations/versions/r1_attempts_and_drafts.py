"""What the first courses kept: attempts and drafts. Their files had no version yet."""

import sqlalchemy as sa
from alembic import op

revision = "1"
down_revision = None


def upgrade() -> None:
    """Make the tables where they aren't there."""
    op.create_table(
        "attempts",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("learner", sa.String(200), nullable=False),
        sa.Column("item", sa.String(200), nullable=False),
        sa.Column("sitting", sa.String(32), nullable=False),
        sa.Column("answer", sa.JSON, nullable=False),
        sa.Column("points", sa.Float, nullable=False),
        sa.Column("out_of", sa.Float, nullable=False),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        if_not_exists=True,
    )
    op.create_index(
        "attempts_by_learner_and_item", "attempts", ["learner", "item"], if_not_exists=True
    )
    op.create_table(
        "drafts",
        sa.Column("learner", sa.String(200), primary_key=True),
        sa.Column("item", sa.String(200), primary_key=True),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        if_not_exists=True,
    )
