"""A look at the user's data before anything heavy is imported."""
