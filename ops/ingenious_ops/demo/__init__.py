"""`make demo`: the main job on a plain folder, from a workspace to what is stored where."""
