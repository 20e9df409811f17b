// Command cluster is the Kubernetes of the tests: a real kube-apiserver on an embedded etcd, the
// real deployment, replica set and endpoint slice controllers, and a small stand-in for a kubelet
// that runs pods as processes in network namespaces. No images, no registry, no containerd.
//
//	cluster up --dir DIR [--image name=/path/of/binary,arg…]…   runs until SIGTERM; prints "ready"
//	cluster kubectl …                                            the real kubectl
//
// The API server is a child process of its own, so that a test can kill it: it comes back by
// itself after --restart-delay, on the same etcd.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"k8s.io/component-base/cli"
	"k8s.io/klog/v2"
	"k8s.io/kubectl/pkg/cmd"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
)

// imageMap says which command a container image stands for: the last part of its name, without tag.
type imageMap map[string][]string

func (m imageMap) String() string { return fmt.Sprint(map[string][]string(m)) }

func (m imageMap) Set(value string) error {
	name, command, ok := strings.Cut(value, "=")
	if !ok {
		return fmt.Errorf("%q is not name=/path[,argument…]", value)
	}
	m[name] = strings.Split(command, ",")
	return nil
}

type options struct {
	dir          string
	port         int
	images       imageMap
	restartDelay time.Duration
}

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: cluster up|kubectl …")
		os.Exit(2)
	}
	command, arguments := os.Args[1], os.Args[2:]
	os.Args = append([]string{command}, arguments...)
	switch command {
	case "apiserver":
		os.Exit(cli.Run(apiserver.NewAPIServerCommand()))
	case "kubectl":
		os.Exit(cli.Run(cmd.NewDefaultKubectlCommand()))
	case "up":
		o := options{images: imageMap{}}
		flags := flag.NewFlagSet("up", flag.ExitOnError)
		flags.StringVar(&o.dir, "dir", "", "where state, logs and kubeconfig go")
		flags.IntVar(&o.port, "port", 6443, "of the API server")
		flags.Var(o.images, "image", "name=/path[,argument…]")
		flags.DurationVar(&o.restartDelay, "restart-delay", 2*time.Second, "before a killed API server comes back")
		_ = flags.Parse(arguments)
		if err := up(o); err != nil {
			fmt.Fprintln(os.Stderr, "cluster:", err)
			os.Exit(1)
		}
	default:
		fmt.Fprintf(os.Stderr, "cluster: no command %q\n", command)
		os.Exit(2)
	}
}

func up(o options) error {
	klog.LogToStderr(false)
	if err := os.MkdirAll(o.dir, 0o755); err != nil {
		return err
	}
	log, err := os.Create(o.dir + "/controllers.log")
	if err != nil {
		return err
	}
	klog.SetOutput(log)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()

	network, err := newNetwork()
	if err != nil {
		return err
	}
	defer network.remove()
	pki, err := newPKI(o.dir, network.gateway, o.port)
	if err != nil {
		return err
	}
	etcd, err := startEtcd(o.dir)
	if err != nil {
		return err
	}
	defer etcd.Close()
	server := &apiServer{options: o, pki: pki, etcd: etcd.Config().ListenClientUrls[0].String()}
	go server.keepRunning(ctx)
	defer server.stop()
	client, err := pki.client()
	if err != nil {
		return err
	}
	if err := waitReady(ctx, client); err != nil {
		return err
	}
	if err := startControllers(ctx, client); err != nil {
		return err
	}
	kubelet := newKubelet(client, network, o, pki)
	if err := kubelet.start(ctx); err != nil {
		return err
	}
	fmt.Println("ready")
	<-ctx.Done()
	kubelet.stopAll()
	return nil
}
