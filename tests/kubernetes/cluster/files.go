package main

import (
	"context"
	"fmt"
	"os"
	"path"
	"strings"

	authentication "k8s.io/api/authentication/v1"
	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const tokenPath = "/var/run/secrets/kubernetes.io/serviceaccount"

// prepareFiles writes the pod's volumes and returns the shell lines that build its root: this
// machine's, seen through an overlay that keeps what the pod writes, with the volumes mounted.
func (p *pod) prepareFiles(ctx context.Context, binary string) (string, error) {
	p.dir = fmt.Sprintf("%s/pods/%s", p.kubelet.options.dir, p.object.UID)
	for _, name := range []string{"upper", "root", "volumes"} {
		if err := os.MkdirAll(p.dir+"/"+name, 0o755); err != nil {
			return "", err
		}
	}
	script := []string{"set -e", "echo $HOSTNAME > /proc/sys/kernel/hostname", "mount --make-rprivate /", "cd " + p.dir,
		"mount -t tmpfs -o mode=755 tmpfs upper", "mkdir upper/top upper/work",
		"mount -t overlay -o lowerdir=/,upperdir=upper/top,workdir=upper/work overlay root",
		"mount --bind /proc root/proc", "mount --bind /dev root/dev",
	}
	bind := func(source, target string) {
		// A link to /run of the machine, which would be followed out of the pod's root.
		if rest, ok := strings.CutPrefix(target, "/var/run/"); ok {
			target = "/run/" + rest
		}
		make := "mkdir -p root" + target
		if source == binary {
			make = "mkdir -p root" + path.Dir(target) + "; touch root" + target
		}
		script = append(script, make, "mount --bind "+source+" root"+target)
	}
	bind(binary, "/usr/local/bin/"+path.Base(binary))
	for _, mount := range p.container().VolumeMounts {
		source, err := p.writeVolume(ctx, mount.Name)
		if err != nil {
			return "", err
		}
		if mount.SubPath != "" {
			return "", fmt.Errorf("subPath of volumeMount %q: the stand-in has none", mount.Name)
		}
		bind(source, mount.MountPath)
	}
	mountsToken := p.object.Spec.AutomountServiceAccountToken == nil || *p.object.Spec.AutomountServiceAccountToken
	if mountsToken {
		dir, err := p.writeToken(ctx)
		if err != nil {
			return "", err
		}
		bind(dir, tokenPath)
	}
	if s := p.container().SecurityContext; s != nil && s.ReadOnlyRootFilesystem != nil && *s.ReadOnlyRootFilesystem {
		script = append(script, "mount -o remount,ro root")
	}
	return strings.Join(append(script, `exec chroot root "$@"`), "\n"), nil
}

func (p *pod) writeFiles(name string, files map[string][]byte) (string, error) {
	dir := p.dir + "/volumes/" + name
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	for file, content := range files {
		if err := os.MkdirAll(path.Dir(dir+"/"+file), 0o755); err != nil {
			return "", err
		}
		if err := os.WriteFile(dir+"/"+file, content, 0o644); err != nil {
			return "", err
		}
	}
	return dir, nil
}

func (p *pod) writeVolume(ctx context.Context, name string) (string, error) {
	for _, volume := range p.object.Spec.Volumes {
		if volume.Name != name {
			continue
		}
		files, err := p.volumeFiles(ctx, &volume)
		if err != nil {
			return "", err
		}
		dir, err := p.writeFiles(name, files)
		if volume.EmptyDir != nil && err == nil {
			err = os.Chmod(dir, 0o777)
		}
		return dir, err
	}
	return "", fmt.Errorf("volumeMount %q has no volume", name)
}

func (p *pod) volumeFiles(ctx context.Context, volume *core.Volume) (map[string][]byte, error) {
	switch {
	case volume.EmptyDir != nil:
		return nil, nil
	case volume.Secret != nil:
		return p.secretFiles(ctx, volume.Secret.SecretName, volume.Secret.Items)
	case volume.ConfigMap != nil:
		return p.configMapFiles(ctx, volume.ConfigMap.Name, volume.ConfigMap.Items)
	case volume.Projected != nil:
		return p.projectedFiles(ctx, volume.Projected)
	}
	return nil, fmt.Errorf("volume %q: of a kind that the stand-in has not", volume.Name)
}

func pick(all map[string][]byte, items []core.KeyToPath) map[string][]byte {
	if len(items) == 0 {
		return all
	}
	some := map[string][]byte{}
	for _, item := range items {
		some[item.Path] = all[item.Key]
	}
	return some
}

func (p *pod) secretFiles(ctx context.Context, name string, items []core.KeyToPath) (map[string][]byte, error) {
	secret, err := p.kubelet.client.CoreV1().Secrets(p.object.Namespace).Get(ctx, name, meta.GetOptions{})
	if err != nil {
		return nil, err
	}
	return pick(secret.Data, items), nil
}

func (p *pod) configMapFiles(ctx context.Context, name string, items []core.KeyToPath) (map[string][]byte, error) {
	if name == "kube-root-ca.crt" {
		return map[string][]byte{"ca.crt": p.kubelet.pki.caPEM}, nil
	}
	config, err := p.kubelet.client.CoreV1().ConfigMaps(p.object.Namespace).Get(ctx, name, meta.GetOptions{})
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for key, value := range config.Data {
		files[key] = []byte(value)
	}
	return pick(files, items), nil
}

func (p *pod) projectedFiles(ctx context.Context, projected *core.ProjectedVolumeSource) (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, source := range projected.Sources {
		var some map[string][]byte
		var err error
		switch {
		case source.ServiceAccountToken != nil:
			var token string
			token, err = p.token(ctx)
			some = map[string][]byte{source.ServiceAccountToken.Path: []byte(token)}
		case source.ConfigMap != nil:
			some, err = p.configMapFiles(ctx, source.ConfigMap.Name, source.ConfigMap.Items)
		case source.Secret != nil:
			some, err = p.secretFiles(ctx, source.Secret.Name, source.Secret.Items)
		case source.DownwardAPI != nil:
			some = map[string][]byte{}
			for _, item := range source.DownwardAPI.Items {
				if item.FieldRef != nil && item.FieldRef.FieldPath == "metadata.namespace" {
					some[item.Path] = []byte(p.object.Namespace)
				}
			}
		}
		if err != nil {
			return nil, err
		}
		for name, content := range some {
			files[name] = content
		}
	}
	return files, nil
}

func (p *pod) token(ctx context.Context) (string, error) {
	account := p.object.Spec.ServiceAccountName
	if account == "" {
		account = "default"
	}
	answer, err := p.kubelet.client.CoreV1().ServiceAccounts(p.object.Namespace).CreateToken(ctx, account,
		&authentication.TokenRequest{}, meta.CreateOptions{})
	if err != nil {
		return "", err
	}
	return answer.Status.Token, nil
}

func (p *pod) writeToken(ctx context.Context) (string, error) {
	token, err := p.token(ctx)
	if err != nil {
		// Pods that never ask the API, in a namespace without accounts.
		token = ""
	}
	return p.writeFiles("serviceaccount", map[string][]byte{
		"token": []byte(token), "ca.crt": p.kubelet.pki.caPEM, "namespace": []byte(p.object.Namespace)})
}
