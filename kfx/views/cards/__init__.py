"""Examples side by side, as several views show them: pictures or words, a title, a line beneath."""
