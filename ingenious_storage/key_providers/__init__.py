"""Key providers: who wraps the master keys that documents are encrypted under."""
