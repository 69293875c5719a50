"""Mails on one machine: where they arrive, and how they leave by SMTP."""
