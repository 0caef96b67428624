"""The ordinary weeks: devices come and call, people get seats, support helps."""

from __future__ import annotations

from functools import partial

from example_project.demo.story.licensing import find
from example_project.demo.story.licensing.cast import CUSTOMERS, SALES, SYSTEMS, VERSIONS
from example_project.demo.story.stage import Stage
from example_project.licensing import models
from example_project.licensing.models.licenses import Feature

PEOPLE_OF = {name: people for name, _country, people in CUSTOMERS}
SUPPORT = ("support", "yuki", "ravi")


def plan(stage: Stage) -> None:
    """Plan the scenes: for each license the same kinds, on days and by people of its own."""
    pick = stage.random
    for sale in SALES:
        for number, code, seats in sale.licenses:
            day = sale.day + 0.5
            people = PEOPLE_OF[sale.customer][:seats]
            for person in people:
                day += pick.uniform(0.05, 0.8)
                stage.scene(day, pick.choice(SUPPORT), partial(assign, stage, number, person))
            for host in range(1, 3 if code != "delta-trial" else 2):
                day += pick.uniform(0.1, 1.5)
                name = f"{number.lower()}-ws{host}"
                stage.scene(day, "activation-service", partial(activate, stage, number, name))
            if code == "beacon-render":
                for _week in range(3):
                    day += pick.uniform(1, 3)
                    units = pick.randrange(900, 9000)
                    stage.scene(day, "metering-service", partial(use, stage, number, units))
            if code == "atlas-cad":
                features = pick.sample(Feature.values, 3)
                stage.scene(
                    day + 0.7, pick.choice(SUPPORT), partial(set_features, stage, number, features)
                )
            stage.scene(
                day + 1.2,
                pick.choice(SUPPORT),
                partial(note, stage, number, "Cost centre", f"CC-{pick.randrange(100, 999)}"),
            )


def assign(stage: Stage, number: str, person: str) -> None:
    find.license(number).assign(find.end_user(person))


def activate(stage: Stage, number: str, hostname: str) -> None:
    device = models.Device.objects.create(
        license=find.license(number),
        hostname=hostname,
        hardware_id=f"{stage.random.getrandbits(48):012x}",
        operating_system=stage.random.choice(SYSTEMS),
        app_version=stage.random.choice(VERSIONS),
        activated_at=stage.now,
    )
    device.seen()


def use(stage: Stage, number: str, units: int) -> None:
    find.license(number).use(units)


def set_features(stage: Stage, number: str, features: list[str]) -> None:
    find.license(number).set_features(features)


def note(stage: Stage, number: str, name: str, value: str) -> None:
    models.LicenseCustomField.objects.create(license=find.license(number), name=name, value=value)
