"""Words: what is said in a document, and how it becomes the words that SQLite keeps."""
