def guesses(token, value, text):
    # ruleid: ingenious-storage.connection-string-sniffing
    if token and "DefaultEndpointsProtocol" in token:
        return "connection string"
    # ruleid: ingenious-storage.connection-string-sniffing
    if value.startswith("DefaultEndpointsProtocol="):
        return "connection string"
    # ruleid: ingenious-storage.connection-string-sniffing
    if "AccountKey=" not in text:
        return "token"
    return None


def asks(settings, line, values):
    # ok: ingenious-storage.connection-string-sniffing
    if settings.credential == "connection_string":
        return settings.connection_string
    # ok: ingenious-storage.connection-string-sniffing
    if line.startswith("Account"):
        return line
    # ok: ingenious-storage.connection-string-sniffing
    if "AccountName" not in values:
        return None
    # ok: ingenious-storage.connection-string-sniffing
    if "account_key" in values:
        return values["account_key"]
    # ok: ingenious-storage.connection-string-sniffing
    return values["AccountKey"]
