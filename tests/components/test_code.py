import pytest

from components import code


@pytest.fixture
def module(tmp_path, monkeypatch):
    file = tmp_path / "mine_for_code_test.py"
    file.write_text(
        "import json\n\ndef build(h, s):\n    return h\n\nalso = build\nraise SystemError('imported')\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    return file


@pytest.mark.parametrize("name", ["build", "also"])
def test_check_finds_functions_without_importing(module, name):
    code.check(f"mine_for_code_test.{name}")
    assert code.source_file(f"mine_for_code_test.{name}") == module


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("mine_for_code_test.other", "has no function 'other'"),
        ("no_such_module.build", "no module 'no_such_module' on the import path"),
        ("no_such_package.module.build", "no module 'no_such_package.module'"),
        ("sys.exit", "module 'sys' is not a Python file"),
        ("_socket.socket", "module '_socket' is not a Python file"),
        ("build", "is not a dotted path"),
        ("mine_for_code_test.", "is not a dotted path"),
    ],
)
def test_check_says_what_is_wrong(module, path, message):
    with pytest.raises(code.CodeError, match=message):
        code.check(path)


def test_code_that_is_not_python(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    for file in ("broken_for_code_test.py", "broken_package_for_code_test/__init__.py"):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text("import json\n\ndef build(h, s:\n")
        module = "broken_package_for_code_test.module" if "/" in file else "broken_for_code_test"
        with pytest.raises(code.CodeError, match=rf"{tmp_path / file}, line 3: .*; fix the file"):
            code.check(f"{module}.build")


def test_load_returns_the_function():
    assert code.load("components.code.load") is code.load
    with pytest.raises(code.CodeError, match="has no function 'nothing'"):
        code.load("components.code.nothing")


def test_fingerprint_follows_the_source(module):
    before = code.fingerprint("mine_for_code_test.build")
    assert code.fingerprint("mine_for_code_test.build") == before
    module.write_text(module.read_text() + "# changed\n")
    assert code.fingerprint("mine_for_code_test.build") != before
