"""The platform's pages. What they do is done by the models."""
