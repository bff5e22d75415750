"""Images: files, folders of them, and their sizes."""
