// Command gin is what the benchmarks measure the size of: a gin service that needs certificates and zone data.
package main

import (
	"log"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
)

func main() {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		log.Fatal(err)
	}
	router := gin.New()
	router.GET("/", func(c *gin.Context) {
		answer, err := http.Get("https://example.com/")
		if err != nil {
			c.String(http.StatusBadGateway, err.Error())
			return
		}
		defer func() { _ = answer.Body.Close() }()
		c.String(http.StatusOK, "%s at %s", answer.Status, time.Now().In(zone))
	})
	if err := router.Run("127.0.0.1:8080"); err != nil {
		log.Fatal(err)
	}
}
