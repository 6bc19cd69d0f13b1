"""The pages for browsers: a guard, forms and HTML errors of their own beside the API's."""
