"""Conversations and prompt sets, from files into a storage and back."""
