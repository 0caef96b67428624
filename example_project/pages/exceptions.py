"""What a system says no to."""


class Refused(Exception):
    """The action is against a rule; the message is for the person who tried it."""
