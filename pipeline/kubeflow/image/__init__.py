"""What the image leaves out."""
