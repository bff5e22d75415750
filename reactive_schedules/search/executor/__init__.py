"""Runs the trials of a search, each alone in a process; the process of the search coordinates them.

`coordinator` hands out asks, `worker` is a process as the coordinator sees it, `child` is what runs in that process,
`channel` connects the two, and `journal` is what survives all of them.
"""
