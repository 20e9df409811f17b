package main

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"time"

	"go.etcd.io/etcd/server/v3/embed"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/kubernetes/pkg/controller/deployment"
	"k8s.io/kubernetes/pkg/controller/endpointslice"
	"k8s.io/kubernetes/pkg/controller/replicaset"
)

// loopback is a free port of this machine, for nobody else.
func loopback() ([]url.URL, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	defer listener.Close()
	return []url.URL{{Scheme: "http", Host: listener.Addr().String()}}, nil
}

func startEtcd(dir string) (*embed.Etcd, error) {
	config := embed.NewConfig()
	config.Dir = dir + "/etcd"
	config.LogLevel = "error"
	config.UnsafeNoFsync = true
	client, err := loopback()
	if err != nil {
		return nil, err
	}
	peer, err := loopback()
	if err != nil {
		return nil, err
	}
	config.ListenClientUrls, config.AdvertiseClientUrls = client, client
	config.ListenPeerUrls, config.AdvertisePeerUrls = peer, peer
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	etcd, err := embed.StartEtcd(config)
	if err != nil {
		return nil, err
	}
	select {
	case <-etcd.Server.ReadyNotify():
		return etcd, nil
	case <-time.After(30 * time.Second):
		etcd.Close()
		return nil, fmt.Errorf("etcd did not start within 30 s")
	}
}

// apiServer is the kube-apiserver process; its number is in dir/apiserver.pid.
type apiServer struct {
	options options
	pki     *pki
	etcd    string
	mutex   sync.Mutex
	process *os.Process
}

func (s *apiServer) arguments() []string {
	return []string{"apiserver",
		"--etcd-servers=" + s.etcd,
		"--advertise-address=" + s.pki.address,
		"--secure-port=" + strconv.Itoa(s.options.port),
		"--service-cluster-ip-range=10.96.0.0/16",
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file=" + s.pki.path("serviceaccounts.key"),
		"--service-account-signing-key-file=" + s.pki.path("serviceaccounts.key"),
		"--api-audiences=https://kubernetes.default.svc",
		"--authorization-mode=RBAC",
		"--client-ca-file=" + s.pki.path("ca.crt"),
		"--tls-cert-file=" + s.pki.path("apiserver.crt"),
		"--tls-private-key-file=" + s.pki.path("apiserver.key"),
		"--disable-admission-plugins=ServiceAccount",
		"--endpoint-reconciler-type=none",
		"--allow-privileged=true",
		"--profiling=false",
		"--event-ttl=1h",
		"--watch-cache=true",
	}
}

func (s *apiServer) keepRunning(ctx context.Context) {
	for ctx.Err() == nil {
		log, err := os.OpenFile(s.options.dir+"/apiserver.log", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
		if err != nil {
			fmt.Fprintln(os.Stderr, "cluster:", err)
			return
		}
		self, _ := os.Executable()
		command := exec.Command(self, s.arguments()...)
		command.Stdout, command.Stderr = log, log
		command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		s.mutex.Lock()
		err = command.Start()
		if err == nil {
			s.process = command.Process
			_ = os.WriteFile(s.options.dir+"/apiserver.pid", []byte(strconv.Itoa(command.Process.Pid)), 0o644)
		}
		s.mutex.Unlock()
		if err == nil {
			_ = command.Wait()
		}
		log.Close()
		select {
		case <-ctx.Done():
		case <-time.After(s.options.restartDelay):
		}
	}
}

func (s *apiServer) stop() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.process != nil {
		_ = s.process.Kill()
	}
}

func waitReady(ctx context.Context, client *kubernetes.Clientset) error {
	deadline := time.Now().Add(120 * time.Second)
	for time.Now().Before(deadline) && ctx.Err() == nil {
		if _, err := client.Discovery().RESTClient().Get().AbsPath("/readyz").DoRaw(ctx); err == nil {
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return fmt.Errorf("the API server was not ready within 120 s; see apiserver.log")
}

func startControllers(ctx context.Context, client *kubernetes.Clientset) error {
	factory := informers.NewSharedInformerFactory(client, 0)
	deployments, err := deployment.NewDeploymentController(ctx, factory.Apps().V1().Deployments(),
		factory.Apps().V1().ReplicaSets(), factory.Core().V1().Pods(), client)
	if err != nil {
		return err
	}
	replicaSets := replicaset.NewReplicaSetController(ctx, factory.Apps().V1().ReplicaSets(),
		factory.Core().V1().Pods(), client, 500)
	slices := endpointslice.NewController(ctx, factory.Core().V1().Pods(), factory.Core().V1().Services(),
		factory.Core().V1().Nodes(), factory.Discovery().V1().EndpointSlices(), 100, client, 0)
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	go deployments.Run(ctx, 5)
	go replicaSets.Run(ctx, 5)
	go slices.Run(ctx, 5)
	return nil
}
