// TLS clients that want to know whether the server's certificate still holds.
package clients

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"net"
	"net/url"
	"testing"
	"time"

	ccmmodel "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/ccm/v1/model"
	"golang.org/x/crypto/ocsp"
)

// serverPair is what a server loads: the exported texts with the issuer, and an answer of OCSP.
func serverPair(t *testing.T, exported *ccmmodel.ExportCertificateResponse, staple []byte) tls.Certificate {
	t.Helper()
	chain := *exported.Certificate + "\n" + *exported.CertificateChain
	pair, err := tls.X509KeyPair([]byte(chain), []byte(*exported.PrivateKey))
	check(t, err)
	pair.Certificate = pair.Certificate[:2] // The client has the root.
	pair.OCSPStaple = staple
	return pair
}

// connect makes one connection with a server that has this pair. The client trusts the root, and asks
// holds about the path that it has found.
func connect(t *testing.T, pair tls.Certificate, root *x509.Certificate, holds func([]*x509.Certificate) error) (tls.ConnectionState, error) {
	t.Helper()
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{pair}})
	check(t, err)
	defer listener.Close()
	served := make(chan struct{})
	go func() {
		defer close(served)
		connection, err := listener.Accept()
		if err != nil {
			return
		}
		defer connection.Close()
		connection.SetDeadline(time.Now().Add(patience))
		// How it ends is the client's to say.
		_ = connection.(*tls.Conn).Handshake()
	}()

	roots := x509.NewCertPool()
	roots.AddCert(root)
	connection, err := tls.DialWithDialer(&net.Dialer{Timeout: patience}, "tcp", listener.Addr().String(), &tls.Config{
		RootCAs:    roots,
		ServerName: "localhost",
		VerifyPeerCertificate: func(_ [][]byte, paths [][]*x509.Certificate) error {
			return holds(paths[0])
		},
	})
	if err != nil {
		return tls.ConnectionState{}, err
	}
	defer connection.Close()
	<-served
	return connection.ConnectionState(), nil
}

func TestTlsClientsRefuseWhatIsListed(t *testing.T) {
	h := newHierarchy(t, "EC256", "SHA256")
	kept, lost := h.issue(t), h.issue(t)
	keptPair, lostPair := h.export(t, kept), h.export(t, lost)
	chain := certificates(t, *keptPair.CertificateChain)
	root := chain[1]
	accepts := func(exported *ccmmodel.ExportCertificateResponse) {
		t.Helper()
		_, err := connect(t, serverPair(t, exported, nil), root, unrevoked)
		check(t, err)
	}
	refuses := func(exported *ccmmodel.ExportCertificateResponse) {
		t.Helper()
		_, err := connect(t, serverPair(t, exported, nil), root, unrevoked)
		if !errors.Is(err, errRevoked) {
			t.Error(err)
		}
	}

	accepts(keptPair)
	accepts(lostPair)
	h.revoke(t, lost, "SUPERSEDED")
	wantListed(t, one(t, *lostPair.Certificate), chain[0], superseded)
	accepts(keptPair)
	refuses(lostPair)

	// With its issuer the other one falls too.
	h.revokeIssuer(t, "KEY_COMPROMISE")
	wantListed(t, chain[0], root, keyCompromise)
	refuses(keptPair)
}

func TestStapledAnswers(t *testing.T) {
	h := newHierarchy(t, "RSA2048", "SHA256")
	id := h.issue(t)
	exported := h.export(t, id)
	leaf, chain := one(t, *exported.Certificate), certificates(t, *exported.CertificateChain)
	request, err := ocsp.CreateRequest(leaf, chain[0], nil)
	check(t, err)
	text := url.PathEscape(base64.StdEncoding.EncodeToString(request))
	stapled := func() int {
		t.Helper()
		staple, err := download(ocspResponder(t, leaf)+"/"+text, "application/ocsp-response")
		check(t, err)
		any := func([]*x509.Certificate) error { return nil }
		state, err := connect(t, serverPair(t, exported, staple), chain[1], any)
		check(t, err)
		path := state.VerifiedChains[0]
		answer, err := ocsp.ParseResponseForCert(state.OCSPResponse, path[0], path[1])
		check(t, err)
		return answer.Status
	}
	if got := stapled(); got != ocsp.Good {
		t.Errorf("status %d", got)
	}
	h.revoke(t, id, "KEY_COMPROMISE")
	if got := stapled(); got != ocsp.Revoked {
		t.Errorf("status %d", got)
	}
}
