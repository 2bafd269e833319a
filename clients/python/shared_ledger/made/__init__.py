"""Generated from the OpenAPI document by `make client`. Do not edit."""
