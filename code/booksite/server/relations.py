"""What the cells of a page need of each other, for a reader who has edited some of them."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from jupyter_server.base.handlers import APIHandler
from tornado import web

from booksite.needed_cells import cell_relations

# One at a time: it notes on the way what it is looking at, and nobody shall take all of the server's threads.
_looker = ThreadPoolExecutor(1)

MOST_CHARACTERS = 200_000
"""Of all cells together; a page of this book has some ten thousand."""


MOST_CELLS = 400
"""A page of this book has some forty; what each needs of all before it is looked at."""


class RelationsHandler(APIHandler):
    """Looks at cells' code as the build looks at the author's. Nothing of it is run."""

    @web.authenticated
    async def post(self) -> None:
        """Answer with what :func:`booksite.needed_cells.cell_relations` finds.

        Raises
        ------
        web.HTTPError
            If it is not a list of texts (400), too long or too many (413), or no Python that one could look at (422).
        """
        cells = self.get_json_body()
        if not isinstance(cells, list) or not all(isinstance(cell, str) for cell in cells):
            raise web.HTTPError(400, "the request must be a JSON list of texts")
        if sum(map(len, cells)) > MOST_CHARACTERS:
            raise web.HTTPError(413, f"the cells must have at most {MOST_CHARACTERS} characters")
        if len(cells) > MOST_CELLS:
            raise web.HTTPError(413, f"there must be at most {MOST_CELLS} cells")
        try:
            relations = await asyncio.get_running_loop().run_in_executor(_looker, cell_relations, cells)
        except (SyntaxError, ValueError, RuntimeError, MemoryError) as error:
            raise web.HTTPError(422, "the cells cannot be read as Python") from error
        self.finish({"cells": relations})
