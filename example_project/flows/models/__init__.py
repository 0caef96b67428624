"""What a tenant keeps, and how each model is audited: the registration stands on the model."""

from example_project.flows.models.connectors import ComponentAccess, Connector
from example_project.flows.models.flows import Flow
from example_project.flows.models.templates import IntegrationTemplate, TemplateTest
from example_project.flows.models.tenants import AclRule, Configuration, Person, Tenant

__all__ = [
    "AclRule",
    "ComponentAccess",
    "Configuration",
    "Connector",
    "Flow",
    "IntegrationTemplate",
    "Person",
    "TemplateTest",
    "Tenant",
]
