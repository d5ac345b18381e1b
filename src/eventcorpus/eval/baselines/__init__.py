"""What any model must beat: two baselines trained in seconds on the data that the model was trained on."""
