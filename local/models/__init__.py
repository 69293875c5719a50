"""The weights of models that run on this machine: brought from where they can be had, checked, kept in one place."""
