"""From mentions to events: which arguments a trigger has, what is said of it, and which triggers tell the same event."""
