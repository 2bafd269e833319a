"""What `make client` makes from the API's OpenAPI document. Not edited by hand."""
