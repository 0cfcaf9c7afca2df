"""The machinery of the site: Sphinx extensions, assets, the execution cache's keys, and the server of running cells.

Nothing here is taught in the book; readers of the chapters want :mod:`cnnbook`.
"""
