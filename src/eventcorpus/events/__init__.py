"""From mentions to events: the arguments of a trigger, what is said of it, and which triggers tell the same event."""
