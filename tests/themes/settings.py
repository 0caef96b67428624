"""The suite's settings below another look of the admin, which `AUDIT_LOG_THEME` names."""

from __future__ import annotations

import os

from tests.settings import *  # noqa: F403
from tests.settings import INSTALLED_APPS as APPS
from tests.settings import MIDDLEWARE as ALL

THEME = os.environ["AUDIT_LOG_THEME"]
# Before the admin, whose templates they replace.
INSTALLED_APPS = [THEME, *APPS]
# What the other look itself needs is not the log's to say.
MIDDLEWARE = [one for one in ALL if "StrictPolicy" not in one]
ROOT_URLCONF = "tests.themes.urls"
