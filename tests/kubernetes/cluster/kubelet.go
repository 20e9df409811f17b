package main

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
)

const nodeName = "node1"

// kubelet binds every pod to the one node and runs it as a process.
type kubelet struct {
	client  *kubernetes.Clientset
	network *network
	options options
	pki     *pki
	mutex   sync.Mutex
	pods    map[string]*pod // by UID
	running sync.WaitGroup
}

func newKubelet(client *kubernetes.Clientset, network *network, o options, p *pki) *kubelet {
	return &kubelet{client: client, network: network, options: o, pki: p, pods: map[string]*pod{}}
}

func (k *kubelet) start(ctx context.Context) error {
	if err := k.registerNode(ctx); err != nil {
		return err
	}
	factory := informers.NewSharedInformerFactory(k.client, 0)
	informer := factory.Core().V1().Pods().Informer()
	_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(o any) { k.sync(ctx, o.(*core.Pod)) },
		UpdateFunc: func(_, o any) { k.sync(ctx, o.(*core.Pod)) },
		DeleteFunc: func(o any) {
			if gone, ok := o.(*core.Pod); ok {
				k.end(gone)
			}
		},
	})
	if err != nil {
		return err
	}
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	return nil
}

func (k *kubelet) registerNode(ctx context.Context) error {
	node := &core.Node{ObjectMeta: meta.ObjectMeta{Name: nodeName, Labels: map[string]string{
		"kubernetes.io/hostname": nodeName, "topology.kubernetes.io/zone": "zone-a"}}}
	created, err := k.client.CoreV1().Nodes().Create(ctx, node, meta.CreateOptions{})
	if err != nil {
		return err
	}
	created.Status.Addresses = []core.NodeAddress{{Type: core.NodeInternalIP, Address: k.network.gateway}}
	created.Status.Conditions = []core.NodeCondition{{Type: core.NodeReady, Status: core.ConditionTrue,
		LastHeartbeatTime: meta.Now(), LastTransitionTime: meta.Now(), Reason: "Stand-in"}}
	_, err = k.client.CoreV1().Nodes().UpdateStatus(ctx, created, meta.UpdateOptions{})
	return err
}

func (k *kubelet) sync(ctx context.Context, object *core.Pod) {
	if object.DeletionTimestamp != nil {
		k.end(object)
		return
	}
	if object.Spec.NodeName == "" {
		go func() {
			binding := &core.Binding{ObjectMeta: meta.ObjectMeta{Name: object.Name, Namespace: object.Namespace},
				Target: core.ObjectReference{Kind: "Node", Name: nodeName}}
			_ = k.client.CoreV1().Pods(object.Namespace).Bind(ctx, binding, meta.CreateOptions{})
		}()
		return
	}
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if k.pods[string(object.UID)] != nil {
		return
	}
	p := &pod{kubelet: k, object: object.DeepCopy(), stopped: make(chan struct{})}
	k.pods[string(object.UID)] = p
	k.running.Add(1)
	go func() {
		defer k.running.Done()
		p.live(ctx)
	}()
}

func (k *kubelet) end(object *core.Pod) {
	k.mutex.Lock()
	p := k.pods[string(object.UID)]
	k.mutex.Unlock()
	if p != nil {
		p.stop()
		return
	}
	// Never started here: nothing holds it back.
	now := int64(0)
	go func() {
		_ = k.client.CoreV1().Pods(object.Namespace).Delete(context.Background(), object.Name,
			meta.DeleteOptions{GracePeriodSeconds: &now})
	}()
}

func (k *kubelet) stopAll() {
	k.mutex.Lock()
	for _, p := range k.pods {
		p.stop()
	}
	k.mutex.Unlock()
	done := make(chan struct{})
	go func() { k.running.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(5 * time.Second):
		fmt.Fprintln(os.Stderr, "cluster: pods did not end within 5 s; killed")
	}
	k.mutex.Lock()
	defer k.mutex.Unlock()
	for _, p := range k.pods {
		p.kill()
	}
}
