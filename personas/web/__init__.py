"""The pages for browsers, with their own guard, forms and HTML errors."""
