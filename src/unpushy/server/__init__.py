"""The front door: one Jupyter Server with the home page, Voilà pages of lessons and quizzes, and JupyterLab."""
