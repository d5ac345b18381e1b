"""A trained model as a service over HTTP: articles in, mentions and event rows out; Label Studio asks it too."""
