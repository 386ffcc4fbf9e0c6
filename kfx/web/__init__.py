"""What all live views share: base widget, scripts, style sheet, bundler."""
