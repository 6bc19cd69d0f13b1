"""The API's own document, made from what the views say of themselves."""
