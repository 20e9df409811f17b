package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// pod is one pod's life: namespace, files, process (the first container), readiness, end.
type pod struct {
	kubelet   *kubelet
	object    *core.Pod
	namespace string
	address   string
	dir       string
	process   *os.Process
	mutex     sync.Mutex
	stopOnce  sync.Once
	stopped   chan struct{}
}

func (p *pod) stop() { p.stopOnce.Do(func() { close(p.stopped) }) }

func (p *pod) kill() {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.process != nil {
		_ = syscall.Kill(-p.process.Pid, syscall.SIGKILL)
	}
}

func (p *pod) live(ctx context.Context) {
	defer p.remove()
	var err error
	if p.namespace, p.address, err = p.kubelet.network.join(); err != nil {
		p.report(ctx, false, err.Error())
		<-p.stopped
		return
	}
	defer p.kubelet.network.leave(p.namespace)
	for {
		exited, err := p.startProcess(ctx)
		if err != nil {
			p.report(ctx, false, err.Error())
			fmt.Fprintln(os.Stderr, "cluster:", p.object.Name+":", err)
			<-p.stopped
			return
		}
		if p.watch(ctx, exited) {
			return
		}
		// Its process ended by itself: restarted, as restartPolicy Always has it.
		p.report(ctx, false, "the process ended")
		select {
		case <-p.stopped:
			return
		case <-time.After(500 * time.Millisecond):
		}
	}
}

// watch follows readiness until the process ends (false) or the pod was stopped (true).
func (p *pod) watch(ctx context.Context, exited <-chan struct{}) bool {
	ready, reported := false, false
	period := 100 * time.Millisecond
	for {
		now := p.probe()
		if now != ready || !reported {
			ready, reported = now, true
			p.report(ctx, ready, "")
		}
		if ready {
			period = time.Second
		}
		select {
		case <-exited:
			return false
		case <-p.stopped:
			p.shutDown(exited)
			return true
		case <-time.After(period):
		}
	}
}

func (p *pod) shutDown(exited <-chan struct{}) {
	grace := 30 * time.Second
	if p.object.Spec.TerminationGracePeriodSeconds != nil {
		grace = time.Duration(*p.object.Spec.TerminationGracePeriodSeconds) * time.Second
	}
	if life := p.container().Lifecycle; life != nil && life.PreStop != nil && life.PreStop.Sleep != nil {
		time.Sleep(time.Duration(life.PreStop.Sleep.Seconds) * time.Second)
	}
	_ = syscall.Kill(p.process.Pid, syscall.SIGTERM)
	select {
	case <-exited:
	case <-time.After(grace):
		p.kill()
		<-exited
	}
}

func (p *pod) remove() {
	if p.dir != "" {
		_ = exec.Command("umount", "-R", p.dir+"/root").Run()
		_ = os.RemoveAll(p.dir)
	}
	now := int64(0)
	_ = p.kubelet.client.CoreV1().Pods(p.object.Namespace).Delete(context.Background(), p.object.Name,
		meta.DeleteOptions{GracePeriodSeconds: &now, Preconditions: &meta.Preconditions{UID: &p.object.UID}})
	p.kubelet.mutex.Lock()
	delete(p.kubelet.pods, string(p.object.UID))
	p.kubelet.mutex.Unlock()
}

func (p *pod) container() *core.Container { return &p.object.Spec.Containers[0] }

// startProcess runs the container's command in the pod's network and file system.
func (p *pod) startProcess(ctx context.Context) (<-chan struct{}, error) {
	command, binary, err := p.command()
	if err != nil {
		return nil, err
	}
	mounts, err := p.prepareFiles(ctx, binary)
	if err != nil {
		return nil, err
	}
	log, err := os.OpenFile(fmt.Sprintf("%s/%s_%s.log", p.kubelet.options.dir, p.object.Namespace, p.object.Name),
		os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	arguments := []string{"netns", "exec", p.namespace, "unshare", "-m", "-u", "sh", "-c", mounts, "sh"}
	arguments = append(arguments, p.asUser()...)
	arguments = append(arguments, command...)
	process := exec.Command("ip", arguments...)
	process.Env = p.environment()
	process.Stdout, process.Stderr = log, log
	process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := process.Start(); err != nil {
		return nil, err
	}
	p.mutex.Lock()
	p.process = process.Process
	p.mutex.Unlock()
	exited := make(chan struct{})
	go func() {
		_ = process.Wait()
		close(exited)
	}()
	return exited, nil
}

// command is the image's binary with the container's arguments, as the pod sees it.
func (p *pod) command() ([]string, string, error) {
	image := p.container().Image
	name := path.Base(image)
	name, _, _ = strings.Cut(name, "@")
	name, _, _ = strings.Cut(name, ":")
	known := p.kubelet.options.images[name]
	if known == nil {
		return nil, "", fmt.Errorf("no --image for %q", image)
	}
	inside := "/usr/local/bin/" + path.Base(known[0])
	command := append([]string{inside}, known[1:]...)
	return append(command, p.container().Args...), known[0], nil
}

func (p *pod) asUser() []string {
	context := p.container().SecurityContext
	user := int64(0)
	if context != nil && context.RunAsUser != nil {
		user = *context.RunAsUser
	} else if s := p.object.Spec.SecurityContext; s != nil && s.RunAsUser != nil {
		user = *s.RunAsUser
	}
	if user == 0 {
		return nil
	}
	id := strconv.FormatInt(user, 10)
	line := []string{"setpriv", "--reuid", id, "--regid", id, "--clear-groups", "--no-new-privs", "--inh-caps=-all"}
	return append(line, "--bounding-set=-all")
}

func (p *pod) environment() []string {
	env := []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/", "HOSTNAME=" + p.object.Name,
		"KUBERNETES_SERVICE_HOST=" + p.kubelet.pki.address,
		"KUBERNETES_SERVICE_PORT=" + strconv.Itoa(p.kubelet.pki.port)}
	fields := map[string]string{
		"metadata.name": p.object.Name, "metadata.namespace": p.object.Namespace, "status.podIP": p.address,
		"spec.nodeName": nodeName, "status.hostIP": p.kubelet.network.gateway, "metadata.uid": string(p.object.UID),
	}
	for _, one := range p.container().Env {
		value := one.Value
		if one.ValueFrom != nil && one.ValueFrom.FieldRef != nil {
			value = fields[one.ValueFrom.FieldRef.FieldPath]
		}
		env = append(env, one.Name+"="+value)
	}
	return env
}

func (p *pod) portOf(port intstr.IntOrString) int {
	if port.Type == intstr.Int {
		return port.IntValue()
	}
	for _, one := range p.container().Ports {
		if one.Name == port.StrVal {
			return int(one.ContainerPort)
		}
	}
	return 0
}

// probe is the readiness probe; without one, a connection to the first port.
func (p *pod) probe() bool {
	client := http.Client{Timeout: time.Second}
	if probe := p.container().ReadinessProbe; probe != nil && probe.HTTPGet != nil {
		response, err := client.Get(fmt.Sprintf("http://%s:%d%s", p.address, p.portOf(probe.HTTPGet.Port), probe.HTTPGet.Path))
		if err != nil {
			return false
		}
		response.Body.Close()
		return response.StatusCode < 400
	}
	for _, port := range p.container().Ports {
		if port.Protocol == core.ProtocolUDP {
			continue
		}
		connection, err := net.DialTimeout("tcp", fmt.Sprintf("%s:%d", p.address, port.ContainerPort), time.Second)
		if err != nil {
			return false
		}
		connection.Close()
		break
	}
	return true
}

func (p *pod) report(ctx context.Context, ready bool, why string) {
	status := core.ConditionFalse
	if ready {
		status = core.ConditionTrue
	}
	phase, now := core.PodRunning, meta.Now()
	state := core.ContainerState{Running: &core.ContainerStateRunning{StartedAt: now}}
	if why != "" {
		state = core.ContainerState{Waiting: &core.ContainerStateWaiting{Reason: "Failed", Message: why}}
	}
	for attempt := 0; attempt < 50 && ctx.Err() == nil; attempt++ {
		pods := p.kubelet.client.CoreV1().Pods(p.object.Namespace)
		current, err := pods.Get(ctx, p.object.Name, meta.GetOptions{})
		if err == nil && current.UID == p.object.UID {
			current.Status.Phase = phase
			current.Status.PodIP, current.Status.HostIP = p.address, p.kubelet.network.gateway
			if p.address != "" {
				current.Status.PodIPs = []core.PodIP{{IP: p.address}}
			}
			current.Status.Conditions = nil
			for _, kind := range []core.PodConditionType{core.PodScheduled, core.PodInitialized} {
				current.Status.Conditions = append(current.Status.Conditions,
					core.PodCondition{Type: kind, Status: core.ConditionTrue, LastTransitionTime: now})
			}
			for _, kind := range []core.PodConditionType{core.ContainersReady, core.PodReady} {
				current.Status.Conditions = append(current.Status.Conditions,
					core.PodCondition{Type: kind, Status: status, LastTransitionTime: now, Message: why})
			}
			started := why == ""
			current.Status.ContainerStatuses = []core.ContainerStatus{{Name: p.container().Name, Ready: ready,
				Started: &started, State: state, Image: p.container().Image, ImageID: p.container().Image}}
			_, err = pods.UpdateStatus(ctx, current, meta.UpdateOptions{})
		}
		if err == nil {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
}
