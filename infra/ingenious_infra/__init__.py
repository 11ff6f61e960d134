"""The infrastructure program: settings, components, and the policies on what they register."""
