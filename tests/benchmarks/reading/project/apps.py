from django.apps import AppConfig


class Reading(AppConfig):
    name = "tests.benchmarks.reading.project"
    label = "reading"
