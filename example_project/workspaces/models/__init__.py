"""What a workspace keeps, and how each model is audited: the registration stands on the model."""

from example_project.workspaces.models.access import ApiKey, Integration
from example_project.workspaces.models.team import Member, Project, Workspace, WorkspaceSettings

__all__ = ["ApiKey", "Integration", "Member", "Project", "Workspace", "WorkspaceSettings"]
