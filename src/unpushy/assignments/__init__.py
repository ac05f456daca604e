"""Assignments: rewrites as plain text in notebook cells, marked as data by nbgrader's own pipeline."""
