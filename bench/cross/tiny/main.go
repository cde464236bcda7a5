// Command tiny is what the short form of the benchmarks builds: one dependency, few packages.
package main

import "github.com/rivo/uniseg"

// The benchmarks write another edition before each warm build.
const edition = "0"

func main() { println("edition", edition, "is", uniseg.StringWidth(edition), "wide") }
