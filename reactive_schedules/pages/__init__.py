"""What all HTML pages share: content, shell, style, plots."""
