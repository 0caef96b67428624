"""Work management: accounts in nested groups, workspaces, applications, and who may do what."""
