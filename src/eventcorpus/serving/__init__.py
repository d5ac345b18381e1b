"""A trained model behind a port: the app, Label Studio's protocol, and the model that requests use in turns."""
