"""Things of the platform by the names that the story has for them."""

from __future__ import annotations

from example_project.licensing import models


def license(number: str) -> models.License:
    return models.License.objects.get(number=number)


def device(hostname: str) -> models.Device:
    return models.Device.objects.get(hostname=hostname)


def customer(name: str) -> models.Customer:
    return models.Customer.objects.get(company_name=name)


def product(code: str) -> models.Product:
    return models.Product.objects.get(code=code)


def order(number: str) -> models.Order:
    return models.Order.objects.get(number=number)


def template(name: str) -> models.PermissionTemplate:
    return models.PermissionTemplate.objects.get(name=name)


def platform_user(username: str) -> models.PlatformUser:
    return models.PlatformUser.objects.get(user__username=username)


def end_user(full_name: str) -> models.EndUser:
    return models.EndUser.objects.get(full_name=full_name)


def field(number: str, name: str) -> models.LicenseCustomField:
    return models.LicenseCustomField.objects.get(license__number=number, name=name)
