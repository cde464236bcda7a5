// Command greeter is a Gin service: what it answers at /, whether it is ready at /healthz, what it was built from at
// /version.
package main

import (
	"context"
	"errors"
	"log"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/gin-gonic/gin"
)

func main() {
	gin.SetMode(gin.ReleaseMode)
	router := gin.New()
	router.Use(gin.Recovery())
	router.GET("/", func(c *gin.Context) { c.String(http.StatusOK, "Hello from Gin\n") })
	router.GET("/healthz", func(c *gin.Context) { c.Status(http.StatusOK) })
	router.GET("/version", func(c *gin.Context) { c.JSON(http.StatusOK, version()) })

	port := os.Getenv("PORT")
	if port == "" {
		port = "8080"
	}
	server := &http.Server{Addr: ":" + port, Handler: router, ReadHeaderTimeout: 5 * time.Second}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	go func() {
		<-ctx.Done()
		within, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		_ = server.Shutdown(within)
	}()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		log.Fatal(err)
	}
}

// version is what Go stamped: no linker flags are needed.
func version() gin.H {
	info, _ := debug.ReadBuildInfo()
	found := gin.H{"version": info.Main.Version}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			found["revision"] = setting.Value
		}
	}
	return found
}
