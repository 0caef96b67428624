"""Eight weeks in four systems, done through the ordinary ORM under other dates."""

from example_project.demo.story.people import MAY_LOG_IN, PASSWORD
from example_project.demo.story.tell import is_told, tell

__all__ = ["MAY_LOG_IN", "PASSWORD", "is_told", "tell"]
