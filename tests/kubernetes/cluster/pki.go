package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
)

// pki holds the cluster's authority and the files signed by it, all under dir/pki.
type pki struct {
	dir     string
	address string // of the API server, as pods reach it
	port    int
	caPEM   []byte
	ca      *x509.Certificate
	caKey   crypto.Signer
}

func newPKI(dir, address string, port int) (*pki, error) {
	p := &pki{dir: dir + "/pki", address: address, port: port}
	if err := os.MkdirAll(p.dir, 0o755); err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test cluster"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(48 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	key, der, err := p.sign(template, nil)
	if err != nil {
		return nil, err
	}
	p.caKey = key
	if p.ca, err = x509.ParseCertificate(der); err != nil {
		return nil, err
	}
	p.caPEM = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	if err := os.WriteFile(p.path("ca.crt"), p.caPEM, 0o644); err != nil {
		return nil, err
	}
	if err := p.issue("apiserver", &x509.Certificate{
		Subject:     pkix.Name{CommonName: "kube-apiserver"},
		DNSNames:    []string{"kubernetes", "kubernetes.default", "kubernetes.default.svc", "localhost"},
		IPAddresses: []net.IP{net.ParseIP("127.0.0.1"), net.ParseIP("10.96.0.1"), net.ParseIP(address)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}); err != nil {
		return nil, err
	}
	if err := p.issue("admin", &x509.Certificate{
		Subject:     pkix.Name{CommonName: "admin", Organization: []string{"system:masters"}},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}); err != nil {
		return nil, err
	}
	if err := p.issue("serviceaccounts", &x509.Certificate{Subject: pkix.Name{CommonName: "tokens"}}); err != nil {
		return nil, err
	}
	return p, p.writeKubeconfig(dir + "/kubeconfig")
}

func (p *pki) path(name string) string { return p.dir + "/" + name }

// sign makes a key and a certificate for it, self-signed while there is no authority yet.
func (p *pki) sign(template *x509.Certificate, parent *x509.Certificate) (crypto.Signer, []byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	var signer crypto.Signer = key
	if parent == nil {
		parent = template
	} else {
		signer = p.caKey
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	return key, der, err
}

func (p *pki) issue(name string, template *x509.Certificate) error {
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	template.NotBefore, template.NotAfter = p.ca.NotBefore, p.ca.NotAfter
	template.KeyUsage = x509.KeyUsageDigitalSignature
	key, der, err := p.sign(template, p.ca)
	if err != nil {
		return err
	}
	keyDER, err := x509.MarshalECPrivateKey(key.(*ecdsa.PrivateKey))
	if err != nil {
		return err
	}
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	if err := os.WriteFile(p.path(name+".crt"), certificate, 0o644); err != nil {
		return err
	}
	return os.WriteFile(p.path(name+".key"), pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: keyDER}), 0o600)
}

func (p *pki) writeKubeconfig(path string) error {
	config := api.NewConfig()
	config.Clusters["test"] = &api.Cluster{
		Server: fmt.Sprintf("https://127.0.0.1:%d", p.port), CertificateAuthority: p.path("ca.crt")}
	config.AuthInfos["admin"] = &api.AuthInfo{ClientCertificate: p.path("admin.crt"), ClientKey: p.path("admin.key")}
	config.Contexts["test"] = &api.Context{Cluster: "test", AuthInfo: "admin"}
	config.CurrentContext = "test"
	return clientcmd.WriteToFile(*config, path)
}

func (p *pki) client() (*kubernetes.Clientset, error) {
	return kubernetes.NewForConfig(&rest.Config{
		Host: fmt.Sprintf("https://127.0.0.1:%d", p.port), QPS: 500, Burst: 1000,
		TLSClientConfig: rest.TLSClientConfig{
			CAFile: p.path("ca.crt"), CertFile: p.path("admin.crt"), KeyFile: p.path("admin.key")},
	})
}
