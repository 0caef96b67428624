"""Flow automation for many companies: flows, templates, connectors, access rules, settings."""
