"""Quizzes that count: papers, hand-ins, marks given later, and a receipt with every answer."""

import json
import re

import sqlalchemy as sa
from alembic import op

revision = "2"
down_revision = "1"


def upgrade() -> None:
    """Add what is new, and move the papers that stood among the drafts to a table of their own."""
    op.add_column("attempts", sa.Column("key", sa.String(64), nullable=False, server_default=""))
    op.add_column("attempts", sa.Column("words", sa.JSON, nullable=True))
    op.add_column("attempts", sa.Column("reason", sa.Text, nullable=False, server_default=""))
    op.add_column("attempts", sa.Column("sure", sa.Integer, nullable=True))
    papers = op.create_table(
        "papers",
        sa.Column("learner", sa.String(200), primary_key=True),
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("quiz", sa.String(32), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("graded", sa.Boolean, nullable=False),
        sa.Column("drawn", sa.JSON, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("papers_by_quiz", "papers", ["quiz"])
    op.create_table(
        "hand_ins",
        sa.Column("learner", sa.String(200), primary_key=True),
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "marks",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("learner", sa.String(200), nullable=False),
        sa.Column("attempt", sa.String(32), nullable=False),
        sa.Column("points", sa.Float, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("by", sa.String(200), nullable=False),
        sa.Column("overrules", sa.Boolean, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("marks_by_learner", "marks", ["learner"])

    drafts = sa.table(
        "drafts",
        *map(sa.column, ("learner", "item", "text")),
        sa.column("at", sa.DateTime(timezone=True)),
    )
    kept = drafts.c.item.like("paper:%")
    moved = []
    for learner, item, text, at in op.get_bind().execute(sa.select(drafts).where(kept)).all():
        if found := re.fullmatch(r"paper:((quiz-\d+)-(\d+))", item):
            moved.append(
                {
                    "learner": learner,
                    "id": found[1],
                    "quiz": found[2],
                    "number": int(found[3]),
                    "graded": False,
                    "drawn": json.loads(text),
                    "at": at,
                }
            )
    op.bulk_insert(papers, moved)
    op.execute(drafts.delete().where(kept))
