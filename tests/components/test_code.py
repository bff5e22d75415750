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
        ("numpy._core._multiarray_umath.dot", "module 'numpy._core._multiarray_umath' is not a Python file"),
        ("build", "is not a dotted path"),
        ("mine_for_code_test.", "is not a dotted path"),
    ],
)
def test_check_says_what_is_wrong(module, path, message):
    with pytest.raises(code.CodeError, match=message):
        code.check(path)


@pytest.mark.parametrize(
    "path",
    ["os.system", "subprocess.run", "builtins.eval", "shutil.rmtree", "os.path.join", "sys.exit", "_socket.socket",
     "importlib.import_module", "webbrowser.open", "antigravity.geohash", "os.nothing", "os.nothing.system"],
)  # fmt: skip
def test_the_standard_library_is_refused_in_one_line(path):
    with pytest.raises(code.CodeError) as raised:
        code.check(path)
    assert str(raised.value) == (
        f"{path!r} is in Python's standard library; name a function of your own module or of an installed package"
    )


def test_what_a_module_of_the_user_takes_from_the_standard_library_is_the_users_code(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "reexport_for_code_test.py").write_text("from shutil import copytree\n", encoding="utf-8")
    code.check("reexport_for_code_test.copytree")


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
