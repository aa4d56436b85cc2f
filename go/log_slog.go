// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && go1.21

package upnvme

import (
	"context"
	"log/slog"
)

// SetLogger sends the library's log to a logger of log/slog, with the messages of all levels that the logger takes at
// the time of the call (upnvme_log_set); nil stops the log. See [SetLog]. SetLogger needs Go 1.21.
func SetLogger(logger *slog.Logger) error {
	if logger == nil {
		return SetLog(nil, 0)
	}
	level := LogError
	for level < LogDebug && logger.Enabled(context.Background(), slogLevel(level+1)) {
		level++
	}
	return SetLog(func(level LogLevel, message string) {
		logger.Log(context.Background(), slogLevel(level), message)
	}, level)
}

func slogLevel(level LogLevel) slog.Level {
	switch level {
	case LogError:
		return slog.LevelError
	case LogWarn:
		return slog.LevelWarn
	case LogInfo:
		return slog.LevelInfo
	}
	return slog.LevelDebug
}
