/** A Go program that does what a shard does: a goroutine per target, each check timed, its result sent to a reader. */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Arena } from '../support/arena.js';
import type { Figures, Load } from './load.js';

const run = promisify(execFile);

const SOURCE = `package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"sort"
	"sync/atomic"
	"syscall"
	"time"
)

type load struct {
	Type                                            string
	Targets, IntervalMs, Port, WarmMs, MeasureMs int
}

type result struct {
	target int
	ok     bool
	late   time.Duration
}

func cpuUs() int64 {
	var usage syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return usage.Utime.Sec*1e6 + usage.Utime.Usec + usage.Stime.Sec*1e6 + usage.Stime.Usec
}

func main() {
	var l load
	if err := json.Unmarshal([]byte(os.Args[1]), &l); err != nil {
		panic(err)
	}
	interval := time.Duration(l.IntervalMs) * time.Millisecond
	timeout := time.Second
	if interval < timeout {
		timeout = interval
	}
	dialer := net.Dialer{Timeout: timeout}
	client := http.Client{
		Timeout: timeout,
		Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, address)
		}},
	}
	probe := func(address string) bool {
		if l.Type == "http" {
			response, err := client.Get("http://" + address + "/")
			if err != nil {
				return false
			}
			response.Body.Close()
			return response.StatusCode == 200
		}
		connection, err := dialer.Dial("tcp", address)
		if err != nil {
			return false
		}
		connection.(*net.TCPConn).SetLinger(0)
		connection.Close()
		return true
	}
	results := make(chan result, 1024)
	var measuring atomic.Bool
	start := time.Now().Add(100 * time.Millisecond)
	for i := 0; i < l.Targets; i++ {
		go func(i int) {
			address := fmt.Sprintf("127.%d.%d.%d:%d", 1+i>>16, i>>8&255, i&255, l.Port)
			due := start.Add(interval * time.Duration(i) / time.Duration(l.Targets))
			for {
				time.Sleep(time.Until(due))
				late := time.Since(due)
				results <- result{i, probe(address), late}
				for due = due.Add(interval); time.Until(due) < 0; due = due.Add(interval) {
				}
			}
		}(i)
	}
	var checks, failed int
	var lateness []float64
	states := make([]bool, l.Targets)
	reset := make(chan struct{})
	done := make(chan struct{})
	go func() {
		for {
			select {
			case r := <-results:
				states[r.target] = r.ok
				if measuring.Load() {
					checks++
					if !r.ok {
						failed++
					}
					lateness = append(lateness, float64(r.late)/1e6)
				}
			case <-reset:
				done <- struct{}{}
				return
			}
		}
	}()
	time.Sleep(time.Duration(l.WarmMs) * time.Millisecond)
	cpu, began := cpuUs(), time.Now()
	measuring.Store(true)
	time.Sleep(time.Duration(l.MeasureMs) * time.Millisecond)
	used, seconds := cpuUs()-cpu, time.Since(began).Seconds()
	reset <- struct{}{}
	<-done
	sort.Float64s(lateness)
	var pages int
	var size int
	statm, _ := os.ReadFile("/proc/self/statm")
	fmt.Sscan(string(statm), &size, &pages)
	json.NewEncoder(os.Stdout).Encode(map[string]any{
		"rate":          float64(checks) / seconds,
		"failed":        failed,
		"cpuUsPerCheck": float64(used) / float64(checks),
		"cpuPercent":    float64(used) / seconds / 1e4,
		"rssMb":         float64(pages*os.Getpagesize()) / (1 << 20),
		"latenessP99Ms": lateness[len(lateness)*99/100],
	})
}
`;

/** Compiles the program, and answers with what runs it on a load. */
export async function buildGoPeer(directory: string, arena: Arena): Promise<(load: Load) => Promise<Figures>> {
  const source = join(directory, 'peer.go');
  const binary = join(directory, 'peer');
  writeFileSync(source, SOURCE);
  const env = { ...process.env, GOCACHE: join(directory, 'go-cache'), GO111MODULE: 'off', GOFLAGS: '' };
  await run('go', ['build', '-o', binary, source], { env });
  return async (load) => {
    const [command, ...args] = arena.command(binary, JSON.stringify(load));
    return JSON.parse((await run(command, args)).stdout) as Figures;
  };
}
