"""The content, layout, style and plots of HTML pages."""
