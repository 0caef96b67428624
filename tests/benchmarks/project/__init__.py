"""The Django project that is measured; runs in processes of its own, once for each package."""
