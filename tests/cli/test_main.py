"""The command as a whole: help, version, errors as one line, pipes that close, output that cannot hold every letter."""

import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

import keras_kfx
import kfx
from kfx.cli import main as cli
from kfx.errors import KfxError


def run(*words, **options):
    command = [sys.executable, "-m", "kfx", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=120, check=False, **options)


@pytest.fixture
def command(monkeypatch):
    """``command(function)`` makes ``kfx try`` run the function."""

    def install(function):
        module = SimpleNamespace(__doc__="Try.", add_arguments=lambda parser: None, run=function)
        monkeypatch.setitem(sys.modules, "kfx_try", module)
        monkeypatch.setattr(cli, "COMMANDS", {"try": ("kfx_try", "try something")})

    return install


def raising(error):
    def function(arguments):
        raise error

    return function


def test_version_is_the_packages():
    assert run("--version").stdout == f"kfx {kfx.__version__}\n"


def test_installed_command_is_the_same(monkeypatch):
    from importlib.metadata import entry_points

    (entry,) = [e for e in entry_points(group="console_scripts") if e.name == "kfx"]
    assert entry.value == "keras_kfx:main"
    assert entry.load() is keras_kfx.main
    monkeypatch.setattr(cli, "main", lambda: 7)
    assert keras_kfx.main() == 7


@pytest.mark.parametrize("make", [lambda place: (place / "kfx.py").touch(), lambda place: (place / "kfx").mkdir()])
def test_another_package_that_python_finds_first_is_named(make, tmp_path, monkeypatch, capsys):
    make(tmp_path)
    if (tmp_path / "kfx").is_dir():
        (tmp_path / "kfx" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    assert keras_kfx.main() == 2
    said = capsys.readouterr().err
    assert str(tmp_path / "kfx") in said
    assert said.endswith("pip uninstall kfx, then pip install --force-reinstall keras-kfx\n")


@pytest.mark.parametrize(
    ("line", "answer"), [("kfx di", "diff"), ("kfx show --ran", "--rankdir"), ("kfx show m.keras --rankdir L", "LR")]
)
def test_a_shell_is_told_what_could_come_next(line, answer, tmp_path):
    """As the shell functions of argcomplete ask: the line in the environment, the answer in a file."""
    answers = tmp_path / "answers"
    asked = {"_ARGCOMPLETE": "1", "COMP_LINE": line, "COMP_POINT": str(len(line)), "_ARGCOMPLETE_STDOUT_FILENAME": str(answers)}
    run(env={**os.environ, **asked})
    assert answers.read_text(encoding="utf-8").split() == [answer]


def test_help_puts_every_command_under_one_task():
    named = [name for names in cli.TASKS.values() for name in names]
    assert sorted(named) == sorted(cli.COMMANDS)


def test_help_names_every_command():
    out = run("--help").stdout
    assert all(f"{name} " in out for name in cli.COMMANDS)


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_explains_itself(name, capsys):
    with pytest.raises(SystemExit, match="0"):
        cli.main([name, "--help"])
    out = capsys.readouterr().out
    assert f"usage: kfx {name}" in out
    assert "--debug" in out
    assert max(map(len, out.splitlines())) <= 140


def test_no_command_is_an_error_with_the_usage():
    result = run()
    assert result.returncode == 2
    assert result.stderr.startswith("usage: kfx")


def test_unknown_command_is_an_error_with_the_known_ones(capsys):
    with pytest.raises(SystemExit, match="2"):
        cli.main(["shwo"])
    err = capsys.readouterr().err
    assert "'shwo'" in err
    assert "show" in err


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (KfxError("No engine."), "kfx: No engine."),
        (ValueError("two\n  lines"), "kfx: two lines"),
        (FileNotFoundError(2, "No such file or directory", "a.keras"), "kfx: No such file or directory: 'a.keras'"),
        (OSError(28, "No space left on device"), "kfx: No space left on device"),
        (KfxError("\x1b[31mred"), "kfx: \\x1b[31mred"),
        (KfxError(), "kfx: KfxError"),
        (
            ZeroDivisionError("by zero"),
            "kfx: ZeroDivisionError: by zero (kfx did not expect this; --debug shows where it happened)",
        ),
    ],
)
def test_error_is_one_line_and_code_2(command, capsys, error, line):
    command(raising(error))
    assert cli.main(["try"]) == 2
    assert capsys.readouterr() == ("", line + "\n")


def test_endless_error_is_cut(command, capsys):
    command(raising(KfxError("x" * 50_000)))
    cli.main(["try"])
    assert len(capsys.readouterr().err) < 1100


def test_debug_shows_where_it_happened(command):
    command(raising(KfxError("No engine.")))
    with pytest.raises(KfxError, match="No engine"):
        cli.main(["try", "--debug"])


def test_interrupt_has_its_own_code(command, capsys):
    command(raising(KeyboardInterrupt()))
    assert cli.main(["try"]) == 130
    assert capsys.readouterr().err == "kfx: interrupted\n"


def test_code_of_a_command_is_handed_on(command):
    command(lambda arguments: 7)
    assert cli.main(["try"]) == 7


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGPIPE; its pipes raise OSError")
def test_closed_pipe_ends_in_silence():
    code = (
        "import sys, types; from kfx.cli import main as cli; from kfx.cli.terminal import say; "
        "sys.modules['t'] = types.SimpleNamespace(__doc__='', add_arguments=lambda p: None, "
        "run=lambda a: [say('x' * 100) for _ in range(100_000)] and 0); "
        "cli.COMMANDS = {'try': ('t', '')}; sys.exit(cli.main(['try']))"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait(30) == 141


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_korean_error_is_printed_whatever_the_encoding(tmp_path, encoding):
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    result = subprocess.run(
        [sys.executable, "-m", "kfx", "show", str(tmp_path / "모델.keras")], capture_output=True, env=environment, check=False
    )
    assert result.returncode == 2
    assert b"There is no file" in result.stderr
    assert b"\\ubaa8\\ub378.keras" in result.stderr
    assert b"Traceback" not in result.stderr
