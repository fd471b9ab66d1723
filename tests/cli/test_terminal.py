import io

import pytest
from rich.console import Console

from tintype.cli.terminal import create_progress


@pytest.mark.parametrize(("total", "shown"), [(None, "1,234 MB"), (5000, "1,234 of 5,000 MB")])
def test_progress_is_drawn_whether_or_not_the_whole_is_known(total, shown):
    bar = create_progress("MB")
    bar.update(bar.add_task("[download]", total=total), completed=1234)
    page = io.StringIO()
    Console(file=page, width=120).print(bar.make_tasks_table(bar.tasks))
    assert shown in page.getvalue()
    assert "[download]" in page.getvalue()
