"""Parts shared by all live views: base widget, scripts, style sheet, bundler."""
