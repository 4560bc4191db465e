"""`make demo`: a day in the shop, old logs imported, six questions answered, and the shop at a local address."""

import argparse
import logging
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
from contextlib import ExitStack, contextmanager
from io import StringIO
from pathlib import Path

import django
from django.core.management import call_command

EXAMPLE = Path(__file__).resolve().parent
LOGS = sorted((EXAMPLE / "kofa").glob("*.log"))
SECRET = b"Paa3ZVrV"  # stands in students.log, in a line that MASK knows
WIDTH = min(shutil.get_terminal_size().columns, 120) - 7
COLOURS = sys.stdout.isatty() and "NO_COLOR" not in os.environ


def main():
    """Run the demonstration; the exit code is 0 only if each answer is right."""
    options = arguments()
    sys.stdout.reconfigure(encoding="utf-8")  # names are Cyrillic, whatever the terminal's locale says
    with ExitStack() as stack:
        os.environ["SHOP_VAR"] = str(folder(stack, options.check))
        if options.backend == "opensearch":
            os.environ["SHOP_OPENSEARCH_URL"] = stack.enter_context(search_server())
        prepare(options.backend)
        site = stack.enter_context(serving(0 if options.check else options.port))
        spend_the_day(site)
        import_logs()
        if options.backend == "opensearch":
            heading("Shipping")
            command("auditsearch_ship")
        wrong = ask_all()
        if not options.check:
            serve(site, stack, options.backend)
        return 1 if wrong else 0


def arguments():
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m example.demo", description=__doc__)
    parser.add_argument("--backend", choices=["sqlite", "opensearch"], default="sqlite", help="default: sqlite")
    parser.add_argument("--check", action="store_true", help="don't serve; exit 1 if an answer is wrong")
    parser.add_argument("--port", type=int, default=8000, help="of the shop; a free one if it is taken (8000)")
    return parser.parse_args()


def folder(stack, check):
    """Return an empty folder for both SQLite files: example/var, or one that goes away with the check."""
    if check:
        return stack.enter_context(tempfile.TemporaryDirectory(prefix="auditsearch-demo-"))
    shutil.rmtree(EXAMPLE / "var", ignore_errors=True)
    return EXAMPLE / "var"


@contextmanager
def search_server():
    """Fetch and start a real OpenSearch; yields its URL."""
    from tests.servers.opensearch import ServerStartError, running_opensearch

    heading("Starting OpenSearch (the first time, its jars are fetched: 71 MB)")
    try:
        with running_opensearch() as url:
            print(f"  {url}")
            yield url
    except ServerStartError as error:
        sys.exit(f"OpenSearch can't be started here: {error}")


def prepare(backend):
    """Create the tables, the people, and on a server what auditsearch needs there."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "example.settings")
    django.setup()
    from django.contrib.auth.models import User

    from example.day import PASSWORD, PEOPLE

    heading("Preparing the shop")
    call_command("migrate", verbosity=0)
    if backend == "opensearch":
        command("auditsearch_setup")
    for name, staff in PEOPLE.items():
        User.objects.create_user(name, password=PASSWORD, is_staff=staff, is_superuser=staff)
    print(f"  a new database in {os.environ['SHOP_VAR']}; {', '.join(PEOPLE)} work here")


@contextmanager
def serving(port):
    """Serve the shop on a local port, in threads of this process; yields its address."""
    from django.contrib.staticfiles.handlers import StaticFilesHandler
    from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
    from django.core.wsgi import get_wsgi_application

    class Quiet(WSGIRequestHandler):
        def log_message(self, *args):
            pass

    try:
        server = ThreadedWSGIServer(("127.0.0.1", port), Quiet)
    except OSError:
        server = ThreadedWSGIServer(("127.0.0.1", 0), Quiet)
    server.set_app(StaticFilesHandler(get_wsgi_application()))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def spend_the_day(site):
    """Let people use the shop through HTTP."""
    from example.day import live

    logging.getLogger("django.request").setLevel("ERROR")  # the order that fails is a part of the story
    heading(f"A day in the shop at {site}, through HTTP")
    for step in live(site):
        print(f"  {step}")


def import_logs():
    """Import the log files of a university's system, whose clocks stand in Lagos."""
    heading("Importing log files of another system")
    print(grey(f"  auditsearch_import --format kofa --timezone Africa/Lagos {EXAMPLE.name}/kofa/*.log"))
    command("auditsearch_import", *map(os.path.relpath, LOGS), format="kofa", timezone="Africa/Lagos")


def ask_all():
    """Ask the six questions, print each answer; returns how many were wrong."""
    from auditsearch.backends import get_backend
    from example.questions import QUESTIONS, ask

    get_backend().refresh()
    heading("Six questions")
    wrong = sum(not show(number, question, *ask(question)) for number, question in enumerate(QUESTIONS, 1))
    wrong += not masked()
    print(f"\n{mark(not wrong)} {f'{wrong} wrong' if wrong else 'every answer is right'}")
    return wrong


def masked():
    """Print whether the temporary password of students.log is stored anywhere; returns whether it is not."""
    from auditsearch.api import filter_events

    files = [path.name for path in Path(os.environ["SHOP_VAR"]).iterdir() if SECRET in path.read_bytes()]
    found = filter_events(search=SECRET.decode()).count()
    kept = filter_events(log="students", search="temp_password").first().verbose
    print(f"\n  {bold('And what was the temporary password of W4444444?')}")
    print(f"     {mark(not files and not found)} {kept}")
    return not files and not found


def show(number, question, sentences, seconds):
    """Print one question with its answer; returns whether it is right."""
    right = sentences == question.right
    print(f"\n  {bold(f'{number}. {question.text}')}\n     {grey(question.line)}")
    for line in sentences or ["nothing"]:
        wrapped = textwrap.fill(line, WIDTH, subsequent_indent=" " * 7, break_long_words=False, break_on_hyphens=False)
        print(f"     {mark(right)} {wrapped}")
    print(grey(f"       {len(sentences)} found in {seconds * 1000:.1f} ms"))
    if not right:
        print("     The right answer is:", *question.right or ["nothing"], sep="\n       ")
    return right


def serve(site, stack, backend):
    """Keep the shop open until somebody stops it."""
    from example.day import PASSWORD

    if backend == "opensearch":
        stack.enter_context(shipping())
    heading("The shop is open")
    print(f"  {bold(site)}/          the shop\n  {bold(site)}/audit/    the audit log")
    print(f"  sign in as anna, password {PASSWORD}; Ctrl-C closes", flush=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        print("\nclosed")


@contextmanager
def shipping():
    """Ship as on a real site with a server: by a command that runs beside it."""
    watch = [sys.executable, "-m", "example.manage", "auditsearch_ship", "--watch"]
    process = subprocess.Popen(watch, cwd=EXAMPLE.parent, stdout=subprocess.DEVNULL)  # noqa: S603 - our own
    try:
        yield
    finally:
        process.terminate()
        process.wait(20)


def command(name, *arguments, **options):
    """Run a management command and print what it says."""
    said = StringIO()
    call_command(name, *arguments, stdout=said, **options)
    print(textwrap.indent(said.getvalue().rstrip(), "  "))


def heading(text):
    """Print the title of the next part."""
    print(f"\n{bold(text)}", flush=True)


def mark(right):
    """A tick or a cross."""
    return paint("32", "✓") if right else paint("31;1", "✗")


def bold(text):
    """Text that stands out."""
    return paint("1", text)


def grey(text):
    """Text that stands back."""
    return paint("2", text)


def paint(code, text):
    """Text in a colour, where the terminal has colours."""
    return f"\033[{code}m{text}\033[0m" if COLOURS else text


if __name__ == "__main__":
    sys.exit(main())
