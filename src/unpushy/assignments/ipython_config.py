# Every kernel of this environment knows %%rewrite from its start, and says nothing to the terminal
# that only its developers could understand.
c = get_config()  # noqa: F821
c.InteractiveShellApp.extensions.append("unpushy.assignments.magic")
c.IPKernelApp.log_level = "ERROR"
