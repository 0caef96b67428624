"""The four systems in use: a person in front of each, who does everything that its log tells of.

Each module has a class of the system in use, and for each action a generator that prepares what is
needed, yields, performs the action as a person does, and yields what the entry must say.
"""
