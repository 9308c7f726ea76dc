"""The exporter ``notebooks``: the code that was handed in and what it printed, as pages to read without Jupyter."""

from __future__ import annotations

import html
from collections.abc import Iterator

from nbformat import NotebookNode
from nbformat import v4 as format_4

from fairmark.evidence import CellFinished, Evidence
from fairmark.present.exporters import ClassResults, ExportedFile
from fairmark.present.files import report_name

__all__ = ["NotebookPagesExporter", "notebook_of"]

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 1rem auto; padding: 0 1rem; }}
pre {{ overflow-x: auto; margin: 0; padding: .5rem .75rem; }}
.prompt {{ color: #666; font-size: .8rem; }}
.highlight {{ border: 1px solid #8884; border-radius: .3rem; margin: .25rem 0; }}
{style}
</style>
</head>
<body>
<h1>{title}</h1>
{body}
</body>
</html>
"""


class NotebookPagesExporter:
    """One page for each submission: its code cells in the order in which they ran, with what they printed."""

    def files(self, results: ClassResults) -> Iterator[ExportedFile]:
        """``<student>.<assignment>.html`` for each submission of which there is evidence."""
        # Takes a third of a second, and only this needs it.
        from nbconvert.exporters import HTMLExporter
        from pygments.formatters import HtmlFormatter

        converter = HTMLExporter(template_name="basic")
        style = HtmlFormatter().get_style_defs(".highlight")
        for standing in results.standings:
            evidence = results.evidence(standing)
            if evidence is None:
                continue
            body, _ = converter.from_notebook_node(notebook_of(evidence))
            title = html.escape(f"{evidence.submission.assignment}: {evidence.submission.student}")
            page = _PAGE.format(title=title, style=style, body=body)
            yield f"{report_name(results.report(standing))}.html", page


def notebook_of(evidence: Evidence) -> NotebookNode:
    """The code cells of the submission as a notebook. Of outputs it holds what was printed and what was raised, as
    text: what a notebook shows otherwise is not kept."""
    errors = {
        stamped.event.cell: stamped.event.error
        for stamped in evidence.run.events
        if isinstance(stamped.event, CellFinished) and stamped.event.error is not None
    }
    cells = []
    for cell in evidence.submission.cells:
        if cell.role in ("markdown", "raw") or cell.number is None:
            continue
        made = format_4.new_code_cell(cell.source, id=f"cell-{cell.number}", execution_count=cell.number)
        printed, error = evidence.run.printed.get(cell.position), errors.get(cell.position)
        if printed:
            made.outputs.append(format_4.new_output("stream", name="stdout", text=printed))
        if error is not None:
            said = f"{error.type}: {error.message}"
            made.outputs.append(format_4.new_output("error", ename=error.type, evalue=error.message, traceback=[said]))
        cells.append(made)
    return format_4.new_notebook(cells=cells)
