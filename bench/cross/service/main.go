// Command service is what the benchmarks build: the libraries that a small Go service has today.
package main

import (
	"log"
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.uber.org/zap"
)

// The benchmarks write another edition before each warm build.
const edition = "0"

var greetings = promauto.NewCounter(prometheus.CounterOpts{Name: "greetings_total", Help: "Greetings sent."})

func main() {
	logger, err := zap.NewProduction()
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = logger.Sync() }()

	router := gin.New()
	router.GET("/", func(c *gin.Context) {
		greetings.Inc()
		c.String(http.StatusOK, "edition "+edition)
	})
	router.GET("/metrics", gin.WrapH(promhttp.Handler()))

	logger.Info("listening", zap.String("edition", edition))
	if err := router.Run("127.0.0.1:8080"); err != nil {
		logger.Fatal("serving", zap.Error(err))
	}
}
