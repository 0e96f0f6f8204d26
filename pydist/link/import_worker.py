"""What a module imports whenever it is imported itself, read from its syntax by the Python that it is for.

Loaded by `compile_worker.py` in the distribution's interpreter, from where no other module of this folder is seen.
Invariant: what is listed is run each time and nothing catches its failure: it is in no `try` with handlers, function,
class, loop or `with`, and under no condition whose value is not known for the target.
"""

from __future__ import annotations

import _ast
import os
import sys

TYPE_CHECKING = False  # without loading `typing`
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_PLATFORM = {"sys.platform": "linux", "os.name": "posix", "sys.implementation.name": "cpython",
             "sys.version_info": tuple(sys.version_info), "sys.hexversion": sys.hexversion,
             "sys.version_info.major": sys.version_info[0], "sys.version_info.minor": sys.version_info[1],
             "sys.maxsize": sys.maxsize, "sys.byteorder": sys.byteorder, "os.sep": os.sep,
             "TYPE_CHECKING": False, "typing.TYPE_CHECKING": False, "t.TYPE_CHECKING": False}  # fmt: skip
"""What expressions are on the target: applications are for Linux, and this interpreter has the target's version."""
_CALLS = {"platform.system": "Linux", "platform.python_implementation": "CPython"}
_ENDS = frozenset({"sys.exit", "exit", "quit", "os._exit", "os.abort"})


class _Unknown(Exception):
    """The value of an expression is not known when an application is linked."""


def unguarded_imports(source: bytes) -> str:
    """One line per import statement: the number of its line, the module (dots in front when it is relative), and behind
    a further space the names that are taken from it, with commas (`12 .foo a,b`). Empty for what is not understood."""
    try:
        tree: Any = compile(source, "", "exec", 0x400, dont_inherit=True)  # PyCF_ONLY_AST, without loading `ast`
        rows: list[str] = []
        _walk(tree.body, rows)
    except Exception:  # syntax too deep for this stack, for example
        return ""
    return "\n".join(rows)


def _walk(body: list[_ast.stmt], rows: list[str]) -> bool:
    """Add the imports of `body`; return whether what comes after it is reached."""
    for node in body:
        if isinstance(node, _ast.Import):
            rows.extend(f"{node.lineno} {alias.name} " for alias in node.names)
        elif isinstance(node, _ast.ImportFrom):
            names = ",".join(alias.name for alias in node.names if alias.name != "*")
            rows.append(f"{node.lineno} {'.' * node.level}{node.module or ''} {names}")
        elif isinstance(node, _ast.If):
            try:
                chosen = node.body if _value(node.test) else node.orelse
            except (_Unknown, TypeError, LookupError, AttributeError):
                continue
            if not _walk(chosen, rows):
                return False
        elif isinstance(node, _ast.Try):
            # What is not under a handler runs in any case.
            if not _walk([*([] if node.handlers else node.body), *node.finalbody], rows):
                return False
        elif isinstance(node, _ast.Raise) or (isinstance(node, _ast.Expr) and _is_end(node.value)):
            return False
    return True


def _is_end(node: _ast.expr) -> bool:
    return isinstance(node, _ast.Call) and _dotted(node.func) in _ENDS


def _dotted(node: _ast.expr) -> str:
    """`sys.version_info` for the expression of that form, else ""."""
    if isinstance(node, _ast.Name):
        return node.id
    if isinstance(node, _ast.Attribute) and (above := _dotted(node.value)):
        return f"{above}.{node.attr}"
    return ""


def _value(node: _ast.expr) -> Any:
    """What `node` is on the target. Raises `_Unknown`."""
    name = _dotted(node)
    if name in _PLATFORM:
        return _PLATFORM[name]
    reader = _READERS.get(type(node))
    if reader is None:
        raise _Unknown
    return reader(node)


def _negated(node: _ast.UnaryOp) -> bool:
    if not isinstance(node.op, _ast.Not):
        raise _Unknown
    return not _value(node.operand)


def _joined(node: _ast.BoolOp) -> bool:
    return _any_of(node) is isinstance(node.op, _ast.Or)


def _any_of(node: _ast.BoolOp) -> bool:
    """Whether any operand of `or` is true, or any of `and` is false, though others may be unknown."""
    wanted, unknown = isinstance(node.op, _ast.Or), False
    for operand in node.values:
        try:
            if bool(_value(operand)) is wanted:
                return True
        except _Unknown:
            unknown = True
    if unknown:
        raise _Unknown
    return False


def _compared(node: _ast.Compare) -> bool:
    if len(node.ops) > 1 or type(node.ops[0]) not in _COMPARE:
        raise _Unknown
    return bool(_COMPARE[type(node.ops[0])](_value(node.left), _value(node.comparators[0])))


def _item(node: _ast.Subscript) -> Any:
    value, index = _value(node.value), node.slice
    if not isinstance(index, _ast.Slice):
        return value[_value(index)]
    first, end, step = (None if part is None else _value(part) for part in (index.lower, index.upper, index.step))
    return value[first:end:step]


def _called(node: _ast.Call) -> Any:
    name = _dotted(node.func)
    if name in _CALLS and not node.args:
        return _CALLS[name]
    if isinstance(node.func, _ast.Attribute) and node.func.attr == "startswith" and len(node.args) == 1:
        return _value(node.func.value).startswith(_value(node.args[0]))
    raise _Unknown


_COMPARE: dict[type, Callable[[Any, Any], bool]] = {
    _ast.Eq: lambda left, right: left == right, _ast.NotEq: lambda left, right: left != right,
    _ast.Lt: lambda left, right: left < right, _ast.LtE: lambda left, right: left <= right,
    _ast.Gt: lambda left, right: left > right, _ast.GtE: lambda left, right: left >= right,
    _ast.In: lambda left, right: left in right, _ast.NotIn: lambda left, right: left not in right,
}  # fmt: skip
_READERS: dict[type, Callable[[Any], Any]] = {
    _ast.Constant: lambda node: node.value, _ast.Tuple: lambda node: tuple(map(_value, node.elts)),
    _ast.UnaryOp: _negated, _ast.BoolOp: _joined, _ast.Compare: _compared, _ast.Subscript: _item, _ast.Call: _called,
}  # fmt: skip
