"""A registry of programming languages with fifteen years of real history to replay."""
