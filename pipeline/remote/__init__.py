"""A workspace in an object store: its working copy on this machine, and what is published to the store.

Everything else works on the working copy, which is a workspace like any other. What the store has:

    metadata/<number>.db            the metadata store after each step; the highest number counts
    artifacts/<pipeline>/…          the files of the artifacts that it knows
    serving/<version>/…             a pushed model; it is there when its saved_model.pb is
    serving/.withdrawn/<version>/…  withdrawn by a rollback
    reports/<run>.html
    ID                              tells the workspace from others that are, or were, at its URI
    FORMAT, withdrawn.json          as in the folder of a workspace
    run.lock                        the process that may write; it writes this again every few seconds

Files come first and the metadata store comes last, so what is there in part is known to nobody: it is the marker that
makes artifacts exist.
"""
