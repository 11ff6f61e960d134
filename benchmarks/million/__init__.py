"""A million conversations: what commands that touch all of them take, from a thousand on."""
