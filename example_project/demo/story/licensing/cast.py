"""Who and what the story is about at the software vendor's. Every name is made up."""

from __future__ import annotations

from dataclasses import dataclass, field

from example_project.demo.story.people import Person
from example_project.licensing.models.catalogue import LicenseType
from example_project.licensing.models.platform import Permission, PlatformUser


@dataclass(frozen=True)
class Colleague(Person):
    """Somebody at the vendor's, and what they may do on the platform."""

    role: PlatformUser.Role = PlatformUser.Role.SUPPORT
    template: str = "Support"
    domain: str = field(default="vendor.example", kw_only=True)


OFFICE = "203.0.113.10"
ROLE = PlatformUser.Role

PEOPLE = (
    Colleague(
        "admin", "Ada", "Berg", (OFFICE, "198.51.100.7"), ROLE.ADMINISTRATOR, "Administrators"
    ),
    Colleague("support", "Sam", "Okoro", (OFFICE, "2001:db8:42::5"), ROLE.SUPPORT, "Support"),
    Colleague("mara", "Mara", "Lindqvist", (OFFICE, "198.51.100.23"), ROLE.SALES, "Sales"),
    Colleague("theo", "Theo", "Marchetti", ("203.0.113.77", "192.0.2.14"), ROLE.SALES, "Sales"),
    Colleague("yuki", "Yuki", "Tanaka", ("2001:db8:9::21", OFFICE), ROLE.SUPPORT, "Support"),
    Colleague("ravi", "Ravi", "Menon", ("192.0.2.201",), ROLE.SUPPORT, "Support"),
)

TEMPLATES = {
    "Administrators": ("May do everything", list(Permission.values)),
    "Sales": (
        "Products, customers and orders",
        [Permission.PRODUCTS, Permission.CUSTOMERS, Permission.ORDERS, Permission.LICENSES],
    ),
    "Support": ("Licenses and their devices", [Permission.LICENSES, Permission.DEVICES]),
    "Interns": ("For the summer", []),
}

PRODUCTS = (
    ("Atlas CAD", "atlas-cad", LicenseType.SUBSCRIPTION, "1290.00", 3),
    ("Atlas Viewer", "atlas-viewer", LicenseType.PERPETUAL, "190.00", 2),
    ("Beacon Render", "beacon-render", LicenseType.CONSUMPTION, "0.40", 20),
    ("Cobalt Sync", "cobalt-sync", LicenseType.SUBSCRIPTION, "9.90", 5),
    ("Delta Trial Kit", "delta-trial", LicenseType.TRIAL, "0.00", 1),
)

# Company, country, and the people who use the software there.
CUSTOMERS = (
    ("Nordhafen Shipyards", "Germany", ("Jana Petersen", "Ole Brandt", "Silke Voss")),
    ("Quetzal Architects", "Mexico", ("Luz Herrera", "Diego Campos", "Sofia Ruiz")),
    ("Maple Ridge Hospital", "Canada", ("Claire Fontaine", "Owen Black", "Priya Shah")),
    ("Sakura Robotics", "Japan", ("Haruto Sato", "Mei Kobayashi")),
    ("Fjord Energy", "Norway", ("Ingrid Dahl", "Lars Moe", "Nils Vik")),
    ("Red Kite Studios", "United Kingdom", ("Amelia Wright", "Jack Turner")),
    ("Tamarind Foods", "India", ("Anjali Rao", "Karan Gupta")),
)


@dataclass(frozen=True)
class Sale:
    """An order, when it came, and the licenses that were issued under it."""

    day: float
    number: str
    customer: str
    licenses: tuple[tuple[str, str, int], ...]
    """Number, product's code, seats."""


SALES = (
    Sale(4.4, "O-2001", "Nordhafen Shipyards", (("L-3001", "atlas-cad", 3),)),
    Sale(5.6, "O-2002", "Quetzal Architects", (("L-3002", "atlas-cad", 2),)),
    Sale(8.5, "O-2003", "Maple Ridge Hospital", (("L-3003", "cobalt-sync", 25),)),
    Sale(
        11.4,
        "O-2004",
        "Sakura Robotics",
        (("L-3004", "beacon-render", 4), ("L-3005", "atlas-viewer", 10)),
    ),
    Sale(15.5, "O-2005", "Fjord Energy", (("L-3006", "atlas-cad", 12),)),
    Sale(19.6, "O-2006", "Red Kite Studios", (("L-3007", "beacon-render", 6),)),
    Sale(26.4, "O-2007", "Tamarind Foods", (("L-3008", "cobalt-sync", 2),)),
    Sale(33.5, "O-2008", "Nordhafen Shipyards", (("L-3009", "delta-trial", 1),)),
    Sale(41.6, "O-2009", "Red Kite Studios", (("L-3010", "atlas-cad", 2),)),
)

SYSTEMS = ("Windows 11", "macOS 26", "Ubuntu 26.04")
VERSIONS = ("7.2.0", "7.2.1", "7.3.0", "8.0.0")
