"""Reading articles with a trained model: the engine that runs its windows, what runs them, and the extractor."""
