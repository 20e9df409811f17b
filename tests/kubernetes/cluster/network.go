package main

import (
	"fmt"
	"os/exec"
	"strings"
	"sync"
)

// network is a bridge of the test's own with a network namespace for each pod.
type network struct {
	bridge  string
	gateway string
	prefix  string
	mutex   sync.Mutex
	next    int
	names   map[string]bool
}

func run(name string, arguments ...string) error {
	out, err := exec.Command(name, arguments...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s %s: %w: %s", name, strings.Join(arguments, " "), err, strings.TrimSpace(string(out)))
	}
	return nil
}

func newNetwork() (*network, error) {
	n := &network{bridge: "flc0", gateway: "10.244.0.1", prefix: "10.244.", next: 1, names: map[string]bool{}}
	n.sweep()
	for _, line := range [][]string{
		{"link", "add", n.bridge, "type", "bridge"},
		{"addr", "add", n.gateway + "/16", "dev", n.bridge},
		{"link", "set", n.bridge, "up"},
	} {
		if err := run("ip", line...); err != nil {
			return nil, err
		}
	}
	// Docker's firewall drops what is forwarded between ports of other bridges.
	_ = run("iptables", "-I", "FORWARD", "-i", n.bridge, "-o", n.bridge, "-j", "ACCEPT")
	return n, nil
}

// sweep removes what a killed run left behind.
func (n *network) sweep() {
	_ = run("ip", "link", "del", n.bridge)
	out, _ := exec.Command("ip", "netns", "list").Output()
	for _, line := range strings.Split(string(out), "\n") {
		if name, _, _ := strings.Cut(line, " "); strings.HasPrefix(name, "flp-") {
			_ = run("ip", "netns", "del", name)
		}
	}
}

func (n *network) remove() {
	for name := range n.names {
		_ = run("ip", "netns", "del", name)
	}
	_ = run("ip", "link", "del", n.bridge)
	_ = run("iptables", "-D", "FORWARD", "-i", n.bridge, "-o", n.bridge, "-j", "ACCEPT")
}

// join makes a namespace with an address of its own.
func (n *network) join() (name, address string, err error) {
	n.mutex.Lock()
	n.next++
	number := n.next
	n.mutex.Unlock()
	name = fmt.Sprintf("flp-%d", number)
	address = fmt.Sprintf("%s%d.%d", n.prefix, number/250, number%250+2)
	host := fmt.Sprintf("flv%d", number)
	for _, line := range [][]string{
		{"netns", "add", name},
		{"link", "add", host, "type", "veth", "peer", "name", "eth0", "netns", name},
		{"link", "set", host, "master", n.bridge, "up"},
		{"-n", name, "addr", "add", address + "/16", "dev", "eth0"},
		{"-n", name, "link", "set", "eth0", "up"},
		{"-n", name, "link", "set", "lo", "up"},
		{"-n", name, "route", "add", "default", "via", n.gateway},
	} {
		if err := run("ip", line...); err != nil {
			return "", "", err
		}
	}
	n.mutex.Lock()
	n.names[name] = true
	n.mutex.Unlock()
	return name, address, nil
}

func (n *network) leave(name string) {
	_ = run("ip", "netns", "del", name)
	n.mutex.Lock()
	delete(n.names, name)
	n.mutex.Unlock()
}
