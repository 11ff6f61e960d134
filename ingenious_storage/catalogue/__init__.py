"""Catalogue: a local index of all documents, to find one among a million by its words."""

from ingenious_storage.catalogue.catalogue import Catalogue
from ingenious_storage.catalogue.records import (
    CONTAINERS,
    KINDS,
    CatalogueStatus,
    DocumentKind,
    Forgotten,
    Hit,
    Published,
    Query,
    Results,
    Row,
    SyncReport,
)
from ingenious_storage.catalogue.sync import Found

__all__ = [
    "CONTAINERS",
    "KINDS",
    "Catalogue",
    "CatalogueStatus",
    "DocumentKind",
    "Forgotten",
    "Found",
    "Hit",
    "Published",
    "Query",
    "Results",
    "Row",
    "SyncReport",
]
