"""Erasure of many conversations, the receipt of it, and the check of a receipt."""
