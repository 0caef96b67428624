"""Eight weeks at a software vendor's, done through the ordinary ORM under other dates."""

from example_project.demo.story.tell import PASSWORD, is_told, tell

__all__ = ["PASSWORD", "is_told", "tell"]
