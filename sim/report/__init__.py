"""Results and facts as text for a terminal: plain strings with optional colour; nothing here prints."""
