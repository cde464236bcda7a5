package main

import (
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.uber.org/zap"
)

// Changed in each checkout: every builder has a commit of its own.
var revision = "0"

func main() {
	logger, _ := zap.NewProduction()
	router := gin.New()
	router.GET("/", func(c *gin.Context) { c.String(http.StatusOK, revision) })
	router.GET("/metrics", gin.WrapH(promhttp.Handler()))
	logger.Fatal("ended", zap.Error(router.Run(":8080")))
}
