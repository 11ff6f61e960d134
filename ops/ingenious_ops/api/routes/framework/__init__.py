"""Routes of the Ingenious framework's prompts API, as its clients know them (ingenious 0.2.8).

A revision of the framework is a prompt set here: the names are those that `migrate` gives. Old
clients see no difference; who sends If-Match or Idempotency-Key is heard.
"""
