"""Starting the course at home: one server, for one person, on this machine alone."""

import os
import socket
import sys
import urllib.request
import warnings
import webbrowser
from pathlib import Path

from unpushy.beside import commands_on_path, one_core_for_the_ear
from unpushy.course import CourseError
from unpushy.progress import StoreError
from unpushy.progress.store import data_folder
from unpushy.server.places import copy_for_the_learner, course_folder, work_folder

LAB = Path(__file__).parent / "lab"
PORTS_TO_TRY = 50

# Whatever a page may contain, it can ask nothing of another machine.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob: data:; "
    "style-src 'self' 'unsafe-inline' data:; img-src 'self' data: blob:; font-src 'self' data:; "
    "connect-src 'self' ws: wss: data: blob:; worker-src 'self' blob:; object-src 'none'; "
    "frame-ancestors 'self'; base-uri 'self'"
)


def _free_port(wanted: int) -> int:
    """The first port from `wanted` on that nobody listens at."""
    for port in range(wanted, min(wanted + PORTS_TO_TRY, 65536)):
        with socket.socket() as probe:
            if os.name != "nt":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise StoreError(f"No free port from {wanted} to {wanted + PORTS_TO_TRY - 1}. Try --port.")


def _address(port: int, token: str) -> str:
    # Always by this name: cookies and what a browser keeps belong to a name, not to a machine.
    return f"http://localhost:{port}/course/?token={token}"


def _running(work: Path) -> str | None:
    """The address of a course that already runs on this work folder, or None."""
    from jupyter_server.serverapp import list_running_servers

    for info in list_running_servers():
        if Path(info["root_dir"]).resolve() == work.resolve():
            address = _address(info["port"], info["token"])
            try:
                # The address is our own server's, read from the file it wrote.
                urllib.request.urlopen(address, timeout=3).close()
            except OSError:
                continue
            return address
    return None


def _keep_to_ourselves(data: Path) -> None:
    """Point Jupyter at the course's own folders: nobody's settings get in the way, nor ours in theirs."""
    for name in ("config", "data", "runtime"):
        os.environ[f"JUPYTER_{name.upper()}_DIR"] = str(data / "jupyter" / name)
    os.environ["JUPYTER_CONFIG_PATH"] = str(LAB)
    os.environ["JUPYTERLAB_SETTINGS_DIR"] = str(data / "jupyter" / "lab-settings")
    os.environ["JUPYTERLAB_WORKSPACES_DIR"] = str(data / "jupyter" / "lab-workspaces")
    os.environ["IPYTHONDIR"] = str(data / "ipython")
    os.environ["UNPUSHY_DATA"] = str(data)
    os.environ["UNPUSHY_COURSE"] = str(course_folder())
    commands_on_path()
    one_core_for_the_ear()


def _settings(port: int, work: Path) -> dict[str, dict[str, object]]:
    """The server's configuration: loopback only, the course's pages and JupyterLab, nothing asked of the internet."""
    return {
        "Application": {"log_level": "ERROR"},
        "ServerApp": {
            "ip": "127.0.0.1",
            "port": port,
            "port_retries": 0,
            "open_browser": False,
            "root_dir": str(work),
            "default_url": "/course/",
            # A container's only user is often root; the server listens on loopback all the same.
            "allow_root": True,
            "terminals_enabled": False,
            "jpserver_extensions": {
                "unpushy.server.extension": True,
                "jupyterlab": True,
                "notebook_shim": True,
                "jupyter_lsp": False,
                "jupyter_server_terminals": False,
                "nbgrader.server_extensions.assignment_list": False,
                "nbgrader.server_extensions.course_list": False,
                "nbgrader.server_extensions.formgrader": False,
                "nbgrader.server_extensions.validate_assignment": False,
                "nbgrader": False,
                "notebook": False,
                "voila.server_extension": False,
            },
            "tornado_settings": {
                "headers": {"Content-Security-Policy": POLICY},
                "compress_response": True,
            },
        },
        "LabApp": {
            "extension_manager": "readonly",
            "news_url": None,
            "check_for_updates_class": "jupyterlab.handlers.announcements.NeverCheckForUpdate",
        },
        "MappingKernelManager": {
            "cull_idle_timeout": 1200,
            "cull_interval": 60,
            "cull_connected": False,
        },
    }


def run(port: int, browser: bool) -> None:
    """Start the course and stay until it is stopped. Whatever prevents it is said in a sentence."""
    try:
        work = work_folder()
        try:
            news = copy_for_the_learner()
        except OSError as error:
            raise StoreError(
                f"Your own folder {work} can't be written to ({error.strerror}). "
                "Set UNPUSHY_WORK to a folder you may write to."
            ) from error
        _keep_to_ourselves(data_folder(work))
        if address := _running(work):
            print(f"The course is already running. It is at {address}", flush=True)
            if browser:
                webbrowser.open(address)
            return
        free = _free_port(port)
    except (CourseError, StoreError) as error:
        sys.exit(str(error))
    if free != port:
        print(f"Port {port} is taken; the course takes {free} instead.", flush=True)
    for name in news:
        print(f"There is a newer {name}; yours, which you have edited, stays as it is.", flush=True)
    _serve(free, work, browser)


def _serve(port: int, work: Path, browser: bool) -> None:
    from jupyter_server.serverapp import ServerApp
    from traitlets.config import Config

    # Libraries set their own filters for what they say to their developers; nobody here is one.
    warnings.showwarning = lambda *_, **__: None
    ServerApp.clear_instance()
    app = ServerApp.instance(config=Config(_settings(port, work)))
    app.log.addFilter(lambda record: "To access the server" not in record.getMessage())
    app.initialize(argv=[])
    address = _address(port, app.identity_provider.token)

    def ready() -> None:
        opened = browser and webbrowser.open(address)
        print(f"\n  Bought, Not Sold is at\n\n    {address}\n", flush=True)
        if not opened:
            print("  Open that address in your browser.", flush=True)
        print("  It stays on this machine. To stop it, press Ctrl-C here.\n", flush=True)

    app.io_loop.add_callback(ready)
    app.start()
