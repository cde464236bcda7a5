module example.org/slipway/bench/gate

go 1.24
