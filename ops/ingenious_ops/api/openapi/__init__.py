"""OpenAPI: what /openapi.json says of bodies, answers and problems."""
