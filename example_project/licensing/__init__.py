"""A software vendor's licensing platform: products, customers, orders, licenses, devices."""
