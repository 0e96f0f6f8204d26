"""Probes of what ordinary Python programs rely on."""
