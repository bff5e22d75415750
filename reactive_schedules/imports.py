"""The files that a module imports, found without importing anything.

Import statements are followed wherever they stand, in functions too, and so is `importlib.import_module` with a literal
name. What only shows at run time is not seen: names that are put together, and files that are opened.
"""

import ast
import dataclasses
import functools
import hashlib
import importlib.util
import sys
from collections.abc import Iterator
from importlib import metadata
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

from reactive_schedules.installed import is_installed


@dataclasses.dataclass(frozen=True)
class Module:
    """A module or package on the import path.

    Attributes:
        name: Dotted name.
        file: Python file or extension module; None for a package without `__init__.py`.
        folders: Folders with its submodules; empty for a module that is not a package.
    """

    name: str
    file: Path | None
    folders: tuple[str, ...]

    @property
    def package(self) -> str:
        """The package that relative imports in the module start from."""
        return self.name if self.folders else self.name.rpartition(".")[0]


def find(name: str) -> Module | None:
    """Finds a module on the import path without importing it or the packages that it is in; None if there is none."""
    top, *rest = name.split(".")
    try:
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError):  # a module without a spec, such as __main__
        return None
    if spec is None:
        return None
    file = Path(spec.origin) if spec.origin else None
    module = Module(
        top, file if file and file.is_file() else None, tuple(spec.submodule_search_locations or ())
    )
    for part in rest:
        child = _child(module, part)
        if child is None:
            return None
        module = child
    return module


def closure(*names: str) -> tuple[dict[str, Path], set[str]]:
    """Follows the imports of modules as long as they lead to the user's files.

    The user's files are those outside the folders of Python and of installed packages, including editable installs, and
    all those of the packages that `names` are in.

    Args:
        names: Modules to start from.

    Returns:
        The file of each module of the user, by dotted name, and the names of the installed packages that they import.
    """
    own = {name.partition(".")[0] for name in names}
    files: dict[str, Path] = {}
    installed: set[str] = set()
    pending = [(name, True) for name in names]
    done: set[tuple[str, bool]] = set()
    while pending:
        name, whole = pending.pop()
        top = name.partition(".")[0]
        if (name, whole) in done or (name, True) in done or top in {*sys.stdlib_module_names, *installed}:
            continue
        done.add((name, whole))
        module = find(name)
        if module is None:
            continue
        if top not in own and _is_installed(module):
            installed.add(top)
            continue
        if "." in name:  # importing a module runs the packages that it is in, but not their functions
            pending.append((name.rpartition(".")[0], False))
        if module.file is not None:
            files[name] = module.file
            pending += [(each, True) for each in _imported(module, whole)]
    return files, installed


def digest(*names: str) -> str:
    """Returns the SHA-256 of the files of `closure`, and of the versions of the installed packages that they import."""
    files, installed = closure(*names)
    parts = [(name, file.read_bytes()) for name, file in sorted(files.items())]
    parts += [(name, _version(name).encode()) for name in sorted(installed)]
    result = hashlib.sha256()
    for name, content in parts:
        result.update(f"{name} {len(content)}\n".encode())
        result.update(content)
    return result.hexdigest()


def _child(module: Module, part: str) -> Module | None:
    name, namespace = f"{module.name}.{part}", []
    for folder in map(Path, module.folders):
        package = folder / part
        if (package / "__init__.py").is_file():
            return Module(name, package / "__init__.py", (str(package),))
        for suffix in (*EXTENSION_SUFFIXES, ".py"):
            if (file := folder / f"{part}{suffix}").is_file():
                return Module(name, file, ())
        if package.is_dir():
            namespace.append(str(package))
    return Module(name, None, tuple(namespace)) if namespace else None


def _is_installed(module: Module) -> bool:
    places = [str(module.file)] if module.file else module.folders
    return all(is_installed(Path(place)) for place in places)


def _imported(module: Module, whole: bool) -> Iterator[str]:
    """Yields the names of the modules that a module imports, in its functions only if `whole`."""
    if module.file is None or module.file.suffix != ".py":
        return
    try:
        tree = ast.parse(module.file.read_bytes())
    except (SyntaxError, ValueError):  # which importing it reports
        return
    for node in _nodes(tree, whole):
        match node:
            case ast.Import():
                yield from (alias.name for alias in node.names)
            case ast.ImportFrom():
                base = _absolute("." * node.level + (node.module or ""), module.package)
                for alias in node.names:
                    if alias.name == "*":
                        yield from [base, *_all_in(base)]
                    else:  # a module, or else a function or class of the package
                        yield name if find(name := f"{base}.{alias.name}") else base
            case ast.Call(args=[ast.Constant(value=str(name)), *_]) if _name(node.func) in _IMPORTERS:
                yield _absolute(name, module.package)


def _nodes(tree: ast.AST, whole: bool) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and _name(node.test) == "TYPE_CHECKING":
            children = node.orelse
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) and not whole:
            continue
        else:
            yield node
            children = [node]
        for child in children:
            yield from _nodes(child, whole)


_IMPORTERS = ("import_module", "__import__")


def _name(expression: ast.expr) -> str:
    """The last part of a dotted name; empty for any other expression."""
    return getattr(expression, "attr", getattr(expression, "id", ""))


def _absolute(name: str, package: str) -> str:
    """A name as it stands in an import statement of a package, without its dots."""
    rest = name.lstrip(".")
    if level := len(name) - len(rest):
        base = package.split(".")[: -(level - 1) or None]
        return ".".join([*base, *filter(None, [rest])])
    return rest


def _all_in(package: str) -> Iterator[str]:
    """The modules of a package, any of which a star import may take."""
    found = find(package)
    for folder in found.folders if found else ():
        yield from (f"{package}.{file.stem}" for file in Path(folder).glob("*.py") if file.stem != "__init__")


@functools.cache
def _version(package: str) -> str:
    """The version of an installed package, or the content of its `__init__.py` if its distribution has another name."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        found = find(package)
        return hashlib.sha256(found.file.read_bytes()).hexdigest() if found and found.file else ""
