"""What is read of a cell is what IPython runs of it, whatever characters are in it; or it counts as unreadable."""

from __future__ import annotations

import ast

from hypothesis import example, given, settings
from hypothesis import strategies as st
from IPython.core.inputtransformer2 import TransformerManager

from fairmark.notebook.sanitised import joined
from fairmark.notebook.source import tree_of
from fairmark.notebook.syntax import syntax_tree

_BODY_RUNS = ("time", "timeit", "capture", "prun")


def as_ipython_runs(source: str) -> str | None:
    """The tree of what IPython runs, its own calls replaced as our reader replaces its escapes; None if it is not
    Python."""
    made = TransformerManager().transform_cell(source)
    tree = syntax_tree(made)
    return None if tree is None else ast.dump(_Replaced().visit(tree))


class _Replaced(ast.NodeTransformer):
    def visit_Expr(self, node: ast.Expr) -> ast.AST | list[ast.stmt]:
        method, arguments = _of_shell(node.value)
        if method == "run_line_magic" and arguments[0] in ("time", "prun") and arguments[1].strip():
            inner = syntax_tree(arguments[1])
            return inner.body if inner is not None else ast.Pass()
        if method == "run_cell_magic":
            runs = arguments[0] in _BODY_RUNS and not (arguments[0] == "time" and arguments[1].strip())
            inner = syntax_tree(TransformerManager().transform_cell(arguments[2])) if runs else None
            return [] if inner is None else list(_Replaced().visit(inner).body)
        return ast.Pass() if method else node

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        method, arguments = _of_shell(node.value)
        if method == "run_line_magic" and arguments[0] in ("time", "prun") and arguments[1].strip():
            inner = syntax_tree(arguments[1])
            if inner is not None and len(inner.body) == 1 and isinstance(inner.body[0], ast.Expr):
                return ast.Assign(targets=node.targets, value=inner.body[0].value)
        return ast.Assign(targets=node.targets, value=ast.Constant(...)) if method else node


def _of_shell(value: ast.expr) -> tuple[str, list[str]]:
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
        shell = value.func.value
        if isinstance(shell, ast.Call) and isinstance(shell.func, ast.Name) and shell.func.id == "get_ipython":
            return value.func.attr, [getattr(one, "value", "") for one in value.args]
    return "", []


ODD = "\f\v\x1c\x1d\x1e\x1f\x85\xa0\u2028\u2029\r\0\ufeff\u3000"
CHARACTERS = st.text(st.sampled_from("x1=()[]{}'\"\\#\n\t ;:%!?>.,y" + ODD), max_size=30)
PIECES = [
    *(
        "x = 1",
        "if x:\n    y = 2",
        "    y = 3",
        "\ty = 4",
        "if False:",
        "x;",
        "x = (1,",
        "2)",
        "f(\n% x)",
        "\\",
        "# c",
        "",
        "   ",
    ),
    *("s = '''\n  \n'''", "s = '''", "'''", "# '''", '"""', "r'''a", "def f():\n    '''One.\n    >>> f()\n    '''"),
    *(">>> x", "    >>> x", "... x", "...", "...: y", "In [1]: x", "x[\n...: 2]"),
    *("%time x = 1", "%matplotlib inline", "%%time", "!ls", "x?", "x = !ls", "x = !ls y?", "x = %time y"),
]
ENDS = st.sampled_from(["\n", "\n", "\n", *ODD, "\r\n", "\n\n", " \n", "\n "])
WRITTEN = st.lists(st.tuples(st.sampled_from(PIECES), ENDS), min_size=1, max_size=6).map(
    lambda parts: "".join(text + end for text, end in parts)
)


@given(text=CHARACTERS | WRITTEN)
@example(text="if False:\n    x = '''\n>>> '''\n    y = 2")
@settings(deadline=None)
def test_what_is_read_of_a_cell_is_what_is_run(text: str) -> None:
    source = joined(text)
    assert source is not None
    read = tree_of(source)
    assert read is None or ast.dump(read) == as_ipython_runs(source)
