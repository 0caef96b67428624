"""What the tracker keeps, and how each model is audited: the registration stands on the model."""

from example_project.tracker.models.accounts import Account, UserGroup
from example_project.tracker.models.roles import (
    AppPermissionGroup,
    PermissionGroup,
    SystemPermissionGroup,
    WorkspacePermissionGroup,
)
from example_project.tracker.models.work import Application, Workspace

__all__ = [
    "Account",
    "AppPermissionGroup",
    "Application",
    "PermissionGroup",
    "SystemPermissionGroup",
    "UserGroup",
    "Workspace",
    "WorkspacePermissionGroup",
]
