"""Local programs behind the app's engine seams."""
