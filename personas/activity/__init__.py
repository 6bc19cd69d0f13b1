"""Activity: the actions and ratings of the personas, as the runner reports them."""
