WHERE = "in a folder of its own"
