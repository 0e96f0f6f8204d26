"""Trees and tars as sources of entries, safe extraction and deterministic writing."""
