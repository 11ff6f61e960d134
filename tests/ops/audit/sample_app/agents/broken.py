def save(text):
    open("notes.txt", "w").write(text)


def half(:
    this line = = is not Python
