GREETING = "hello from a namespace package"
