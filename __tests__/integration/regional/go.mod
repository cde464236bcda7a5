module regional

go 1.21
