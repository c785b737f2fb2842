"""Los workflows públicos: se leen, sus órdenes existen y la incidencia es siempre una."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess

import bootstrap
import pytest
import report_issue
import try_newest
import yaml

from labsupport.base.paths import REPO

WORKFLOWS = sorted((REPO / ".github" / "workflows").glob("*.yml"))
TARGETS = set(re.findall(r"^([a-z-]+):", (REPO / "Makefile").read_text("utf-8"), re.MULTILINE))
# Lo que trae cualquier máquina de GitHub.
SYSTEM = {"git", "gh", "echo", "exit", "rm", "cat", "true"}
KEYWORDS = {"if", "then", "else", "fi", "!"}


def read(path):
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    # YAML 1.1 lee «on» como verdadero.
    return {"on": content.pop(True), **content}


def list_scripts(path):
    """Los ``run`` de un workflow, con las expresiones de GitHub cambiadas por una palabra."""
    for job in read(path)["jobs"].values():
        for step in job["steps"]:
            if "run" in step:
                yield re.sub(r"\$\{\{.*?\}\}", "valor", step["run"])


def list_commands(script):
    """Cada orden de un script de shell, en palabras y sin las de control."""
    for line in re.split(r"\n|\|\||&&|;", script):
        words = shlex.split(line, comments=True)
        while words and words[0] in KEYWORDS:
            words = words[1:]
        if words and "=" not in words[0] and words[0] != "[":
            yield words


def check_command(words):
    """Comprueba que existe lo que se ejecuta: un objetivo, un programa de tools/ o del sistema."""
    program, *arguments = words
    if program == "make":
        assert {word for word in arguments if "=" not in word} <= TARGETS, words
    elif program == "python" or program.endswith("/bin/python"):
        assert (REPO / arguments[0]).is_file(), words
        if arguments[0] == "tools/bootstrap.py":
            assert arguments[1] in bootstrap.TASKS, words
            if arguments[1] == "test-nuevas":
                try_newest.make_parser().parse_args(arguments[2:])
    else:
        assert program in SYSTEM, words


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_command_of_a_workflow_exists(path):
    commands = [words for script in list_scripts(path) for words in list_commands(script)]
    assert commands
    for words in commands:
        check_command(words)


@pytest.mark.skipif(not shutil.which("bash"), reason="hace falta bash")
@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_script_of_a_workflow_is_valid(path):
    for script in list_scripts(path):
        done = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_each_workflow_asks_for_its_permissions_and_has_a_limit(path):
    content = read(path)
    assert set(content["permissions"]) <= {"contents", "issues", "pull-requests"}
    assert all(0 < job["timeout-minutes"] <= 360 for job in content["jobs"].values())


@pytest.mark.parametrize(
    ("name", "permissions"),
    [
        ("versiones.yml", {"contents": "read", "issues": "write"}),
        ("constraints.yml", {"contents": "write", "pull-requests": "write"}),
    ],
)
def test_the_scheduled_ones_run_alone_and_can_write_only_what_they_say(name, permissions):
    content = read(REPO / ".github" / "workflows" / name)
    assert content["permissions"] == permissions
    (when,) = content["on"]["schedule"]
    assert len(when["cron"].split()) == 5 and "workflow_dispatch" in content["on"]


class FakeGithub:
    """Hace de ``gh``: recuerda lo que le piden y qué incidencias hay abiertas."""

    def __init__(self, *numbers):
        self.open, self.asked = list(numbers), []

    def __call__(self, *arguments):
        self.asked.append(arguments)
        if arguments[1] == "list":
            return json.dumps([{"number": number} for number in self.open])
        return "https://example.org/7\n" if arguments[1] == "create" else ""

    def list_changes(self):
        """Lo que cambia algo: acción y, si la hay, incidencia."""
        return [asked[1:3] for asked in self.asked if asked[1] != "list"]


def test_what_breaks_opens_one_issue():
    github = FakeGithub()
    assert report_issue.tell("a.md", report_issue.BROKE, github) == "https://example.org/7"
    label, issue = github.asked[1:]
    assert label[:3] == ("label", "create", report_issue.LABEL) and "--force" in label
    assert report_issue.TITLE in issue and issue[-2:] == ("--body-file", "a.md")
    assert issue[issue.index("--label") + 1] == report_issue.LABEL


def test_what_is_still_broken_updates_it():
    github = FakeGithub(12)
    report_issue.tell("a.md", report_issue.BROKE, github)
    assert github.list_changes() == [("edit", "12")]


def test_when_all_is_well_it_is_closed_with_the_report():
    github = FakeGithub(12)
    report_issue.tell("a.md", report_issue.WELL, github)
    assert github.list_changes() == [("comment", "12"), ("close", "12")]
    assert "--body-file" in github.asked[1]


def test_when_all_goes_on_well_nothing_is_written():
    github = FakeGithub()
    report_issue.tell("a.md", report_issue.WELL, github)
    assert github.list_changes() == []


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [([], 2, "uso:"), (["a.md", "3"], 2, "uso:"), (["no-existe.md", "1"], 1, "No está")],
)
def test_a_wrong_call_gets_a_sentence(arguments, code, said, capsys):
    assert report_issue.main(arguments) == code
    assert said in capsys.readouterr().err


def test_what_github_refuses_is_told(tmp_path, monkeypatch, capsys):
    def refuse(*arguments):
        raise subprocess.CalledProcessError(1, arguments, stderr="HTTP 403")

    (tmp_path / "a.md").write_text("x")
    monkeypatch.setattr(report_issue, "call_github", refuse)
    assert report_issue.main([str(tmp_path / "a.md"), "1"]) == 1
    assert "GitHub no lo aceptó: HTTP 403" in capsys.readouterr().err
