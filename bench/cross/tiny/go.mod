module example.com/tiny

go 1.26.8

require github.com/rivo/uniseg v0.4.6
