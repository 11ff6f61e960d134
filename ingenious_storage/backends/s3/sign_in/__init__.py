"""Sign-in to S3: which key is used, where it is found, and what is signed with it."""
