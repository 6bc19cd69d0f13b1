"""What the runner reports of each turn: the personas' actions and ratings."""
