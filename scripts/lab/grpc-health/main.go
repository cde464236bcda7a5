// A gRPC server with the standard health service, for tests. It listens on 127.0.0.1 and prints its port.
// On standard input: "SERVICE STATUS" sets a status; an empty SERVICE is "-".
package main

import (
	"bufio"
	"crypto/tls"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
)

func main() {
	socket := flag.String("socket", "", "unix socket to listen on instead")
	certificate := flag.String("certificate", "", "PEM file")
	key := flag.String("key", "", "PEM file")
	none := flag.Bool("none", false, "without the health service")
	age := flag.Duration("age", 0, "how old a connection may grow")
	flag.Parse()

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if *socket != "" {
		listener, err = net.Listen("unix", *socket)
	}
	if err != nil {
		log.Fatal(err)
	}
	var options []grpc.ServerOption
	if *certificate != "" {
		pair, err := tls.LoadX509KeyPair(*certificate, *key)
		if err != nil {
			log.Fatal(err)
		}
		options = append(options, grpc.Creds(credentials.NewServerTLSFromCert(&pair)))
	}
	if *age > 0 {
		options = append(options, grpc.KeepaliveParams(keepalive.ServerParameters{MaxConnectionAge: *age, MaxConnectionAgeGrace: time.Second}))
	}
	server := grpc.NewServer(options...)
	checks := health.NewServer()
	if !*none {
		healthpb.RegisterHealthServer(server, checks)
	}
	fmt.Println(listener.Addr())
	go server.Serve(listener)

	// The end of standard input is the end of the test.
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		service, status, _ := strings.Cut(lines.Text(), " ")
		if service == "-" {
			service = ""
		}
		checks.SetServingStatus(service, healthpb.HealthCheckResponse_ServingStatus(healthpb.HealthCheckResponse_ServingStatus_value[status]))
		fmt.Println("set")
	}
	server.Stop()
}
