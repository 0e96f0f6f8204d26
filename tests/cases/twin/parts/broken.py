def inner():
    raise LookupError("while importing")


inner()
