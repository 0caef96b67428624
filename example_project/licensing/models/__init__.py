"""What the platform keeps, and how each model is audited: the registration stands on the model."""

from example_project.licensing.models.catalogue import Product
from example_project.licensing.models.licenses import Device, License, LicenseCustomField
from example_project.licensing.models.platform import (
    NotificationPolicy,
    PermissionTemplate,
    PlatformUser,
)
from example_project.licensing.models.sales import Customer, EndUser, Order

__all__ = [
    "Customer",
    "Device",
    "EndUser",
    "License",
    "LicenseCustomField",
    "NotificationPolicy",
    "Order",
    "PermissionTemplate",
    "PlatformUser",
    "Product",
]
