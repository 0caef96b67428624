"""What the pages of the four systems have in common: places, forms that ask why, addresses."""
