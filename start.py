#!/usr/bin/env python3
"""Start the course, or run its tests, on a machine that has Python 3.11 or newer and nothing else.

    python3 start.py          make an environment if there is none, start the course, open the browser
    python3 start.py test     run all tests; anything after `test` goes to pytest
    python3 start.py room     run a workshop with a projector and phones

What is said after `start.py` otherwise goes to `unpushy course`: try `python3 start.py --help`.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ENVIRONMENT = Path(os.environ.get("UNPUSHY_ENVIRONMENT", HERE / ".venv"))
BIN = ENVIRONMENT / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
OLDEST = (3, 11)
LOCK, LOCK_OF_TESTS = "requirements.lock", "requirements-dev.lock"
BROWSERS = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "msedge",
]
BROWSER_PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)


def say(words: str) -> None:
    """Tell the person at the terminal, at once."""
    print(words, flush=True)


def stop(words: str) -> None:
    """Say what is wrong, and end."""
    sys.exit(f"\n{words}\n")


def run(*command: object, quiet: bool = False, **options: object) -> bool:
    """Run a command; True if it went well."""
    if quiet:
        options |= {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    try:
        return subprocess.run([str(part) for part in command], **options).returncode == 0  # type: ignore[call-overload]
    except OSError:
        return False


def make_environment() -> None:
    """A virtual environment with pip, or a sentence that says what is missing."""
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        stop(
            "This Python lacks venv or pip, which the course needs to keep its parts apart.\n"
            f"  Debian, Ubuntu:  sudo apt install python{version}-venv\n"
            "  Fedora:          sudo dnf install python3-pip\n"
            "  Windows, macOS:  the Python from python.org has both\n"
            "Then start again."
        )
    if run(PYTHON, "-c", "import pip", quiet=True):
        return
    say(
        "Making an environment in "
        + (ENVIRONMENT.name if ENVIRONMENT.parent == HERE else str(ENVIRONMENT))
    )
    shutil.rmtree(ENVIRONMENT, ignore_errors=True)
    if not run(sys.executable, "-m", "venv", ENVIRONMENT):
        stop(
            f"The environment could not be made in {ENVIRONMENT}. Is the disk full, or the folder read-only?"
        )


def pip_install(*arguments: object, count: int = 0) -> None:
    """Run the environment's pip, saying how far it has come; end if it fails."""
    command = [PYTHON, "-m", "pip", "--disable-pip-version-check", "install", *arguments]
    done = 0
    with subprocess.Popen(
        list(map(str, command)), cwd=HERE, stdout=subprocess.PIPE, text=True
    ) as pip:
        for line in pip.stdout or ():
            if line.startswith(("Collecting ", "Installing collected")):
                done += line.startswith("Collecting ")
                words = (
                    "putting them in place"
                    if line.startswith("I")
                    else line.split()[1].split("==")[0]
                )
                if sys.stdout.isatty():
                    print(
                        f"\r  {done} of {count}: {words:<40}" if count else "\r", end="", flush=True
                    )
                elif done and done % 25 == 0:
                    say(f"  {done} of {count}")
    if sys.stdout.isatty():
        print()
    if pip.returncode:
        stop(
            "The packages could not be installed; the reason stands above. Is the internet within reach?"
        )


def stamp(lock: str) -> tuple[Path, str]:
    """Where it is noted that a lock file was installed, and the note for the file as it is now."""
    state = b"".join((HERE / name).read_bytes() for name in (lock, "pyproject.toml"))
    return ENVIRONMENT / f"{lock}.installed", hashlib.sha256(state + bytes(HERE)).hexdigest()


def install(lock: str) -> None:
    """Everything in a lock file, then the course itself; nothing at all if that is done already."""
    for enough in (lock, LOCK_OF_TESTS):  # the tests' lock holds all that the course needs
        note, now = stamp(enough)
        if PYTHON.exists() and note.is_file() and note.read_text() == now:
            return
    make_environment()
    count = sum("==" in line for line in (HERE / lock).read_text().splitlines())
    say(f"Installing {count} packages. The first time this takes a minute or two.")
    # A lock with hashes and the package itself can't be installed in one run of pip.
    pip_install("--require-hashes", "-r", lock, count=count)
    pip_install("--no-deps", "--no-build-isolation", "-e", ".")
    say("Tuning the ear.")
    run(PYTHON, "-c", "from unpushy.ear.patterns import index; index()", quiet=True)
    note, now = stamp(lock)
    note.write_text(now)


def chromium() -> str:
    """A Chromium for the tests: one that is here, else Debian's, else Playwright's."""
    told = os.environ.get("CHROMIUM")
    found = [told] if told else [*map(shutil.which, BROWSERS), *BROWSER_PLACES]
    for path in found:
        if path and Path(path).is_file():
            return path
    if shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0:
        say("Installing Chromium for the browser tests.")
        quiet = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
        for command in ("update", "install -y --no-install-recommends chromium"):
            run("apt-get", "-qq", *command.split(), env=quiet)
        if path := shutil.which("chromium"):
            return path
    say("Asking Playwright for a Chromium for the browser tests.")
    if run(PYTHON, "-m", "playwright", "install", "chromium"):
        ask = "from playwright.sync_api import sync_playwright as s\nwith s() as p: print(p.chromium.executable_path)"
        made = subprocess.run([PYTHON, "-c", ask], capture_output=True, text=True).stdout.strip()
        if Path(made).is_file():
            return made
    stop(
        "The browser tests need a Chromium, and none could be found or installed.\n"
        "  Debian, Ubuntu:  sudo apt install chromium\n"
        "  elsewhere:       install Chrome or Chromium, or set CHROMIUM to its path\n"
        "Then run the tests again."
    )
    raise AssertionError


def main(arguments: list[str]) -> None:
    """Do what the command line asks for."""
    if sys.version_info < OLDEST:
        stop(
            f"The course needs Python {OLDEST[0]}.{OLDEST[1]} or newer; this is {sys.version.split()[0]}."
        )
    os.environ["PATH"] = os.pathsep.join([str(BIN), os.environ.get("PATH", "")])
    if arguments[:1] == ["test"]:
        install(LOCK_OF_TESTS)
        environment = dict(os.environ, CHROMIUM=chromium())
        sys.exit(
            subprocess.run(
                [PYTHON, "-m", "pytest", *arguments[1:]], cwd=HERE, env=environment
            ).returncode
        )
    install(LOCK)
    try:
        wanted = arguments if arguments[:1] == ["room"] else ["course", *arguments]
        sys.exit(subprocess.run([PYTHON, "-m", "unpushy", *wanted]).returncode)
    except KeyboardInterrupt:
        sys.exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
