"""Team workspaces: members, projects, settings, API keys, integrations, each team's its own."""
