"""A trained model as a backend that Label Studio asks for predictions."""
