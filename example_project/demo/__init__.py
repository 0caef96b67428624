"""The site around the example applications: home page, design, and the command ``demo``."""
