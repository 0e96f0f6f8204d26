SHINES = "bright"
