module example.com/log-writer

go 1.26
